"""The command ``opassay rejudge``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from opassay.harness.doors.commands import execute, kept, tell
from opassay.harness.doors.consoles import say_line, stderr
from opassay.harness.doors.progress import progress_on
from opassay.harness.find.registry import UsageError
from opassay.harness.store.files import FileError

if TYPE_CHECKING:
    from opassay.harness.run.tape.campaign import Asked


def rejudge_command(asked: Asked, out: Path, strict: bool) -> int:
    """``opassay rejudge DIR``: table and pages of a recorded run, by the present judge. Returns the exit status."""
    from opassay.harness.run.tape.campaign import TapeCampaign
    from opassay.harness.run.tape.file import TapeError
    from opassay.harness.run.tape.rejudge import TapedRun

    console = stderr()
    try:
        campaign = TapeCampaign(asked)
        run = TapedRun(campaign, out)
    except FileError as error:
        raise UsageError(str(error)) from None
    if run.aside is not None:
        say_line(console, f"the earlier run in {out} is now in {run.aside}")
    run.warnings += [f"nothing is known of adapter {name} here: name it with --adapter" for name in campaign.unknown]
    say_line(console, f"judging again: {', '.join(campaign.labels().values())}; {len(campaign.ops)} ops")
    progress = progress_on(console)
    with kept(run), campaign.engine([]) as engine:
        run.begin(engine)
        try:
            execute(run, engine, progress)
        except TapeError as error:
            raise UsageError(str(error)) from None
        except KeyboardInterrupt:
            run.status = "interrupted"
            say_line(console, "interrupted: writing what is known so far")
        described = run.describe(engine)
    return tell(run, described, strict, progress)
