"""The pictures of report.html: what they show, and that no file in pictures/ can break the page."""

import base64
import io
import json
import os
import pickle
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import PIL.Image
import pytest

from opassay.reports.data import stored_pictures
from opassay.reports.render.pages import write_pages
from opassay.reports.sections import pictures
from opassay.reports.sections.pictures import decades, difference, read_pictures, told

EVIL = "\"'><script>x</script><img src=x onerror=alert(1)>\x1b\u202e"


class Elements(HTMLParser):
    """All elements as (tag, attributes)."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


class Marker:
    """Unpickling one of these leaves a file behind."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def image(height=6, width=5, channels=3):
    return np.arange(height * width * channels, dtype=np.float32).reshape(height, width, channels) - 9


@pytest.fixture
def album(tmp_path, made):
    """Writes a run with one pin; ``files`` replaces arrays (or raw bytes) by name, ``row`` fields of the entry."""
    made.write_folder(tmp_path, [made.record()], made.run([made.shard()]))

    def write(files=None, **row):
        folder = tmp_path / "pictures"
        folder.mkdir(exist_ok=True)
        for name, what in {"in": image(), "or": image(), "a": image(), "b": image(), **(files or {})}.items():
            if isinstance(what, bytes):
                (folder / f"{name}.npy").write_bytes(what)
            else:
                np.save(folder / f"{name}.npy", what)
        entry = {"name": "a_pin", "op": "deconvnet", "case_id": "abc", "source": "a paper", "input": "in.npy"}
        entry |= {"oracle": "or.npy", "targets": {"jax:jit": "a.npy", "torch": "b.npy"}}
        (folder / "pictures.json").write_text(json.dumps([entry | row]))
        return tmp_path

    return write


def page_of(folder):
    write_pages(folder)
    return (folder / "report.html").read_text(encoding="utf-8")


def lines_of(folder):
    return [line for figure in read_pictures(folder).figures for line in figure.lines]


def pixels(uri):
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.asarray(PIL.Image.open(io.BytesIO(data))) / 255


def column(folder, label):
    return next(c for c in read_pictures(folder).figures[0].columns if c[0].title == label)


def header_only(shape, descr="'<f4'"):
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def test_every_image_has_its_text(album):
    planted = image()
    planted[2, 3, 1] += 1
    folder = album({"a": planted})
    images = Elements(page_of(folder)).all("img")
    assert [i["alt"] for i in images] == [
        "a_pin: the oracle's answer",
        "a_pin: the input",
        "a_pin: the answer of jax:jit",
        "a_pin: jax:jit differs from the oracle here; "
        "largest difference 1.3e-02 of the largest value, at row 2, column 3; 1 of 30 pixels differs",
        "a_pin: the answer of torch",
    ]
    assert {(i["width"], i["height"]) for i in images} == {("5", "6")}
    assert all(pixels(i["src"]).shape == (6, 5, 3) for i in images)


def test_the_section_names_pin_case_source_and_differences(album):
    planted = image()
    planted[2, 3, 1] += 1
    text = re.sub("<[^>]*>", "", page_of(album({"a": planted})))
    assert "a_pin" in text
    assert "deconvnet, case abc, 6 × 5 pixels, 3 channels" in text
    assert "Source: a paper" in text
    assert "largest difference 1.3e-02 of the largest value, at row 2, column 3; 1 of 30 pixels differs" in text
    assert text.count("no difference") == 1


def test_only_images_of_the_page_itself_are_allowed(album):
    page = Elements(page_of(album()))
    (policy,) = [m["content"] for m in page.all("meta") if "content" in m and "default-src" in m["content"]]
    assert [rule for rule in policy.split("; ") if rule.startswith("img")] == ["img-src data:"]
    assert policy.startswith("default-src 'none'; ")
    assert {i["src"][:22] for i in page.all("img")} == {"data:image/png;base64,"}
    assert [e for e in page.found if e[0] != "img" and "src" in e[1]] == []


def test_without_pictures_the_page_has_no_such_section(tmp_path, made):
    made.write_folder(tmp_path, [made.record()], made.run([made.shard()]))
    assert read_pictures(tmp_path) is None
    text = page_of(tmp_path)
    assert "img-src" not in text
    assert "Pictures" not in text
    assert "<figure" not in text


def test_the_same_folder_gives_the_same_bytes_twice(album):
    folder = album({"a": image() * 1.5})
    assert page_of(folder) == page_of(folder)


def test_the_images_say_nothing_but_pixels(album):
    for attributes in Elements(page_of(album({"a": image() * 1.5}))).all("img"):
        data = base64.b64decode(attributes["src"].split(",")[1])
        assert not re.search(b"tEXt|zTXt|iTXt|tIME|eXIf", data)


def test_all_answers_are_drawn_on_the_scale_of_the_oracle(album):
    oracle = np.zeros((1, 4, 3), np.float32)
    oracle[0, :, :] = np.array([-2, 0, 2, 2], np.float32)[:, None]
    answer = oracle.copy()
    answer[0, :, 0] = [-9, 0, 9, np.nan]
    folder = album({"or": oracle, "a": answer, "b": oracle, "in": oracle})
    assert np.rint(pixels(column(folder, "oracle")[0].uri)[0, :, 0] * 255).tolist() == [0, 128, 255, 255]
    assert np.rint(pixels(column(folder, "jax:jit")[0].uri)[0, :, 0] * 255).tolist() == [0, 128, 255, 0]


def test_one_channel_is_grey_and_of_two_the_first_is_shown(album):
    grey = {name: image(channels=1) for name in ("in", "or", "a", "b")}
    shown = pixels(column(album(grey), "oracle")[0].uri)
    assert (shown[..., 0] == shown[..., 2]).all()
    two = {name: image(channels=2) for name in ("in", "or", "a", "b")}
    two["a"][5, 4, 1] += 1
    folder = album(two)
    assert "the first channel is shown, the differences are of all" in read_pictures(folder).figures[0].notes
    assert "at row 5, column 4; 1 of 30 pixels differs" in column(folder, "jax:jit")[1].note


def test_a_difference_of_one_pixel_is_named_and_survives_the_coarsest_raster(album):
    large = {name: image(700, 600) for name in ("in", "or", "a", "b")}
    large["a"][301, 403, 2] *= 2
    folder = album(large)
    photo, gap = column(folder, "jax:jit")
    assert (photo.height, photo.width) == (234, 200)
    assert "at row 301, column 403; 1 of 420,000 pixels differs" in gap.note
    drawn = pixels(gap.uri)
    assert np.argwhere((drawn != drawn[0, 0]).any(axis=2)).tolist() == [[301 // 3, 403 // 3]]
    assert "one pixel of every 3 × 3 is shown, of differences the largest" in read_pictures(folder).figures[0].notes


def test_noise_is_drawn_coarser_rather_than_swelling_the_page(album):
    noise = np.random.default_rng(0).random((256, 256, 3), np.float32)
    folder = album({"or": noise, "in": noise}, targets={f"t{k}": "or.npy" for k in range(stored_pictures.TARGET_LIMIT)})
    assert len(page_of(folder)) < 1_100_000
    assert read_pictures(folder).figures[0].columns[0][0].width == 86


def test_a_pin_that_does_not_fit_is_a_line(album, monkeypatch):
    monkeypatch.setattr(pictures, "BUDGET", 10)
    assert lines_of(album()) == ["2 targets: more images than the page has room for."]


def test_a_difference_is_relative_to_the_largest_value_and_takes_the_worst_channel():
    exact = np.array([[[1, -4], [2, 0]]], np.float32)
    answer = np.array([[[1.5, -4], [2, 1]]], np.float32)
    assert difference(answer, exact).tolist() == [[0.125, 0.25]]
    assert difference(exact, exact).tolist() == [[0, 0]]


def test_values_that_are_not_finite_are_infinitely_far_from_all_others():
    exact = np.array([[[1], [np.nan], [np.inf], [np.inf], [2]]], np.float32)
    answer = np.array([[[np.nan], [np.nan], [np.inf], [-np.inf], [2]]], np.float32)
    gap = difference(answer, exact)
    assert gap.tolist() == [[np.inf, 0, 0, np.inf, 0]]
    assert "in 2 pixels, first at row 0, column 0; 2 of 5 pixels differ" in told(gap)


@pytest.mark.parametrize("value", [0.0, np.nan, np.inf, 3e38, 1e-45])
def test_any_constant_answer_can_be_drawn(album, value):
    constant = np.full((3, 3, 3), value, np.float32)
    folder = album({"or": constant, "b": constant, "a": image(3, 3)})
    assert lines_of(folder) == []
    assert column(folder, "torch")[1].note == "no difference"
    assert column(folder, "jax:jit")[1].uri


@pytest.mark.parametrize(
    ("largest", "expected"),
    [([3e-7, 5e-3], (-8, -2)), ([], (-8, 0)), ([0.0], (-8, 0)), ([np.inf], (-8, 0)), ([2e-12], (-17, -11))],
)
def test_the_colours_span_at_least_six_powers_of_ten(largest, expected):
    assert decades(largest) == expected


@pytest.mark.parametrize("name", ["../x.npy", "/etc/passwd", "sub/x.npy", "sub/../a.npy", "..", ".", "", "out.npy"])
def test_names_stay_inside_the_folder(album, tmp_path, name):
    folder = album(targets={"jax:jit": name, "torch": "b.npy"})
    np.save(tmp_path / "x.npy", image())
    (tmp_path / "pictures" / "sub").mkdir()
    np.save(tmp_path / "pictures" / "sub" / "x.npy", image())
    (tmp_path / "pictures" / "out.npy").symlink_to(tmp_path / "x.npy")
    assert lines_of(folder) == [f"jax:jit: {name} is not in pictures/."]
    assert [c[0].title for c in read_pictures(folder).figures[0].columns] == ["oracle", "torch"]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("absent.npy", "absent.npy is missing"),
        ("a\0b.npy", "a\\x00b.npy cannot be opened"),
        ("x" * 300, "cannot be opened"),
        ("\ud800", "\\ud800 cannot be opened"),
        (7, "no file is named"),
        (None, "no file is named"),
    ],
)
def test_a_file_that_cannot_be_had_is_a_line(album, name, why):
    folder = album(targets={"jax:jit": name})
    (line,) = lines_of(folder)
    assert why in line
    assert line in page_of(folder)


def test_a_pickle_is_never_loaded(album, tmp_path):
    marker = tmp_path / "ran"
    objects = np.empty((1, 1, 1), object)
    objects[0, 0, 0] = Marker(marker)
    saved = io.BytesIO()
    np.save(saved, objects, allow_pickle=True)
    folder = album({"a": saved.getvalue(), "b": pickle.dumps(Marker(marker))})
    assert lines_of(folder) == [
        "jax:jit: a.npy: expected float32, got object.",
        "torch: b.npy: not an array that NumPy saved.",
    ]
    page_of(folder)
    assert not marker.exists()


def saved(array, save=np.save):
    stream = io.BytesIO()
    save(stream, array)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (saved(image())[:-5], "its size does not fit its shape [6, 5, 3]"),
        (saved(image()) + b"x", "its size does not fit its shape [6, 5, 3]"),
        (saved(image())[:20], "not an array that NumPy saved"),
        (b"", "not an array that NumPy saved"),
        (b"not numpy at all", "not an array that NumPy saved"),
        (saved(image(), np.savez), "not an array that NumPy saved"),
        (header_only("(999999999, 999999999, 3)"), "its size does not fit its shape [999999999, 999999999, 3]"),
        (header_only("(-1, -1, 3)"), "expected height, width and channels, got shape [-1, -1, 3]"),
        (header_only("(0, 5, 3)"), "expected height, width and channels, got shape [0, 5, 3]"),
        (header_only("-" * 9000 + "1"), "not an array that NumPy saved"),
        (header_only("__import__('os')"), "not an array that NumPy saved"),
        (header_only("(2, 2, 3)", "[('a', '<f4')]"), "expected float32, got [('a', '<f4')]"),
        (header_only("(2, 2, 3)", "(1, 2)"), "not an array that NumPy saved"),
        (saved(image()[0]), "expected height, width and channels, got shape [5, 3]"),
        (saved(image()[None]), "expected height, width and channels, got shape [1, 6, 5, 3]"),
        (saved(image().astype(np.float64)), "expected float32, got float64"),
        (b"\x93NUMPY\x01\x00" + b"x" * stored_pictures.FILE_BYTES, "has more than 8,388,608 bytes"),
    ],
)
def test_a_wrong_file_is_a_line(album, data, why):
    folder = album({"a": data})
    (line,) = lines_of(folder)
    assert line.startswith("jax:jit: a.npy")
    assert why in line
    assert "<figure" in page_of(folder)


def test_an_answer_of_another_shape_is_a_line(album):
    assert lines_of(album({"b": image(6, 4)})) == ["torch: its shape is [6, 4, 3], the oracle's is [6, 5, 3]."]


def test_without_the_oracle_nothing_is_drawn_without_the_input_the_rest_is(album):
    figure = read_pictures(album({"or": b"x"})).figures[0]
    assert (figure.columns, figure.lines) == ((), ("oracle: or.npy: not an array that NumPy saved.",))
    figure = read_pictures(album({"in": b"x"})).figures[0]
    assert [len(c) for c in figure.columns] == [1, 2, 2]
    assert figure.lines == ("input: in.npy: not an array that NumPy saved.",)


@pytest.mark.parametrize("targets", [None, [], {}, "a.npy"])
def test_an_entry_without_targets_is_a_line(album, targets):
    assert lines_of(album(targets=targets)) == ["It names no target."]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"{", "pictures.json: not JSON"),
        (b"\xff\xfe\x00", "pictures.json: not JSON"),
        (b"[" * 100_000, "pictures.json: not JSON"),
        (b"{}", "pictures.json: expected a list, got dict"),
        (b" " * (stored_pictures.INDEX_BYTES + 1), "pictures.json has more than 1,048,576 bytes"),
        (None, "pictures.json is missing"),
    ],
)
def test_a_wrong_index_is_a_line(album, tmp_path, text, why):
    folder = album()
    path = tmp_path / "pictures" / "pictures.json"
    path.unlink() if text is None else path.write_bytes(text)
    assert read_pictures(folder).lines == (f"The pictures cannot be shown: {why}.",)
    assert f"The pictures cannot be shown: {why}." in page_of(folder)


@pytest.mark.parametrize("entry", [None, 3, [], {}, {"name": [], "targets": {"a": {}}}])
def test_a_wrong_entry_is_a_line(album, tmp_path, entry):
    folder = album()
    (tmp_path / "pictures" / "pictures.json").write_text(json.dumps([entry]))
    (figure,) = read_pictures(folder).figures
    assert (figure.name, figure.lines) == ("?", ("oracle: no file is named.",))
    page_of(folder)


def test_more_pins_than_the_page_has_room_for_are_counted(album, tmp_path):
    folder = album()
    path = tmp_path / "pictures" / "pictures.json"
    path.write_text(json.dumps(json.loads(path.read_text()) * (pictures.PIN_LIMIT + 2)))
    assert len(read_pictures(folder).figures) == pictures.PIN_LIMIT
    assert "2 more pins left out here to keep the page small." in page_of(folder)


@pytest.mark.parametrize("field", ["name", "op", "case_id", "source", "targets", "oracle", "input"])
def test_hostile_text_stays_text(album, field):
    value = {EVIL: "a.npy", f"{EVIL} too": EVIL} if field == "targets" else EVIL
    text = page_of(album({"a": image() * 2}, **{field: value}))
    page = Elements(text)
    assert len(page.all("script")) == 1
    assert all(i["src"].startswith("data:image/png;base64,") for i in page.all("img"))
    assert all(set(i) == {"src", "alt", "width", "height"} for i in page.all("img"))
    assert "&lt;script&gt;" in text
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_larger_differences_are_brighter_and_both_ends_have_their_colour():
    shades = pictures.coloured(np.linspace(0, 1, 100)[None])[0]
    assert (tuple(shades[0]), tuple(shades[-1])) == (tuple(pictures.CIVIDIS[0]), tuple(pictures.CIVIDIS[-1]))
    # The weights of the three channels in perceived lightness, ITU-R BT.709.
    lightness = np.diff(pictures.CIVIDIS @ (0.2126, 0.7152, 0.0722))
    assert (lightness > 0).all()


def test_pillow_is_imported_only_for_pictures(tmp_path, made):
    made.write_folder(tmp_path, [made.record()], made.run([made.shard()]))
    write = "from opassay.reports.render.pages import write_pages; write_pages(sys.argv[1])"
    code = f"import sys; {write}; print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
