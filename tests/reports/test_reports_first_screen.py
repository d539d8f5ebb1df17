"""The first screen: five questions, answered from what the run left."""

from opassay.reports.data.table import frame_of
from opassay.reports.render.html import report_html
from opassay.reports.sections.commands import out_folder, replay, replay_finding, resume
from opassay.reports.sections.entries import anchors
from opassay.reports.sections.findings import NOTHING_FOUND
from opassay.reports.sections.first_screen import first_screen
from opassay.reports.sections.summarise import summarise


def screen(records, run):
    summary = summarise(frame_of(records), run)
    return first_screen(summary, NOTHING_FOUND, anchors(summary.differences))


def fails(made, verdict, **changes):
    return made.record(verdict=verdict, op=f"op_{verdict}", case_id=verdict, **changes)


def test_the_three_worst_are_the_gravest(made):
    records = [fails(made, v) for v in ("accepts", "numeric", "crash", "rejects", "structural")]
    records += [made.record(verdict="crash", op="another", case_id="c2")]
    found = screen(records, made.run([made.shard()]))
    assert [line.verdict for line in found.worst] == ["numeric", "structural", "crash"]
    assert found.command == "opassay replay numeric --target torch"
    assert found.worst[0].anchor.startswith("new-")


def test_known_ones_are_told_only_where_nothing_is_new(made):
    run = made.run([made.shard()], known=[made.known()])
    known = made.record(verdict="rejects", known="torch-empty")
    (line,) = screen([known], run).worst
    assert (line.why, line.who) == ("Cause: An empty batch is refused", "upstream")
    assert [w.verdict for w in screen([known, fails(made, "accepts")], run).worst] == ["accepts"]


def test_what_never_ran_is_named(made):
    run = made.run([made.shard(), made.shard(op="relu", absent=True, planned=0)])
    found = screen([made.record(verdict="unsupported")], run)
    assert found.never == [
        "1 op and target that the adapter lacks",
        "1 cell without a judged answer",
        "the aspects gradient, error, shape",
    ]
    assert (found.ran[0].judged, found.ran[0].total, found.ran[0].note) == (0, 1, "1 unsupported")


def test_a_target_that_did_not_start_is_a_warning(made):
    run = made.run([made.shard()], targets={"torch": made.target(state="could not start: no torch")})
    found = screen([], run)
    assert found.trusted == "1 warning"
    assert found.doubts == ["torch could not start: no torch"]
    assert found.ran[0].note == "1 missing, could not start"


def test_switches_that_change_arithmetic_are_named(made):
    settings = {"cudnn.allow_tf32": "True", "color": "red", "jax_enable_x64": ""}
    found = screen([made.record()], made.run([made.shard()], targets={"torch": made.target(settings=settings)}))
    assert found.switches == ["cudnn.allow_tf32 = True", "jax_enable_x64 = not set"]
    assert found.tf32 == "cudnn.allow_tf32 = True"


def test_a_clean_run_says_no_and_gives_its_own_command(made):
    text = report_html(summarise(frame_of([made.record()]), made.run([made.shard()], command="opassay run --seed 3")))
    assert '<p class="answer">No</p>' in text
    assert '<pre id="first-command">opassay run --seed 3</pre>' in text


def test_commands_name_the_folder_of_the_run():
    assert out_folder({"command": "opassay run --out 'my report'"}) == "my report"
    assert out_folder({"command": "opassay run --out=r"}) == "r"
    assert out_folder({"command": "opassay run"}) == "opassay-report"
    assert out_folder({"command": "opassay run --out 'torn"}) == "opassay-report"
    assert replay({"command": "opassay run --out r"}, "ab", "torch:x y") == (
        "opassay replay ab --target 'torch:x y' --out r"
    )


def test_commands_carry_what_the_run_needs_to_find_its_targets():
    run = {"command": "opassay run --adapter a:B --python=b=/x/python --cases 3 --adapter 'c d:E'"}
    carried = "--adapter a:B --adapter 'c d:E' --python b=/x/python"
    assert replay(run, "ab", "b") == f"opassay replay ab --target b {carried}"
    assert replay_finding(run, "f", ("b",), 2) == (
        f"opassay replay opassay-report/findings/f/case.json --target b {carried} --threads 2"
    )
    assert resume({"command": "opassay run --out 'my report' --resume"}) == "opassay run --out 'my report' --resume"


def test_warnings_beyond_the_first_four_are_counted(made):
    run = {**made.run([made.shard()]), "warnings": [f"doubt {n}" for n in range(6)]}
    page = report_html(summarise(frame_of([made.record()]), run))
    assert ">2 more</a>" in page
    assert "2 mores" not in page
