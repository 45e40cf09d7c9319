"""Output files are refused early, and written whole or not at all."""

import os

import pytest

from proofs_check import files
from proofs_check.usage import UsageError


def test_a_writable_path_is_returned_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert files.check_output("--json", "out.json") == tmp_path.resolve() / "out.json"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (".", "this is a folder"),
        ("missing/out.json", "the folder of the file must exist"),
        ("file/out.json", "the folder of the file must exist"),
        (os.devnull, "a regular file is required"),
        ("x" * 300, "a path that can be opened"),
    ],
)
def test_an_output_that_cannot_be_a_file_is_refused_by_name(tmp_path, monkeypatch, path, rule):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=rule) as caught:
        files.check_output("--json", path)
    assert str(caught.value).startswith(f"--json={path}, ")
    assert "\n" not in str(caught.value)


def test_an_output_without_a_name_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for check, kind in ((files.check_output, "file"), (files.check_folder, "folder")):
        with pytest.raises(UsageError, match=f"^--option='', the name of a {kind} is required$"):
            check("--option", "")


@pytest.mark.parametrize("locked", ["out.json", "."])
def test_an_output_without_permission_is_refused(tmp_path, monkeypatch, locked):
    # The superuser may write anywhere, so the answer of the system is put in.
    (tmp_path / "out.json").touch()
    shut = (tmp_path / locked).resolve()
    monkeypatch.setattr(os, "access", lambda path, _mode: path != shut)
    with pytest.raises(UsageError, match="can be written"):
        files.check_output("--json", tmp_path / "out.json")


def test_a_missing_folder_is_created_and_a_file_in_its_place_refused(tmp_path, monkeypatch):
    assert files.check_folder("--figures", tmp_path / "a" / "b").is_dir()
    assert files.check_folder("--figures", tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    for path, rule in (("file", "this is a file"), ("file/below", "can be created")):
        with pytest.raises(UsageError, match=rule):
            files.check_folder("--figures", tmp_path / path)
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    with pytest.raises(UsageError, match="can be written"):
        files.check_folder("--figures", tmp_path / "a")


@pytest.mark.parametrize("data", ["one\r\ntwo θ\n", b"\x00\xff"])
def test_a_file_holds_what_was_written_and_nothing_lies_beside_it(tmp_path, data):
    target = tmp_path / "out"
    files.write_whole(target, data)
    files.write_whole(target, data)
    assert target.read_bytes() == (data.encode() if isinstance(data, str) else data)
    assert list(tmp_path.iterdir()) == [target]


def test_a_new_file_has_the_usual_rights_and_an_old_one_keeps_its_own(tmp_path):
    usual, target = tmp_path / "usual", tmp_path / "out"
    usual.touch()
    files.write_whole(target, "x")
    assert target.stat().st_mode == usual.stat().st_mode
    target.chmod(0o640)
    files.write_whole(target, "y")
    assert target.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path, monkeypatch, error):
    target = tmp_path / "out"
    files.write_whole(target, "old")

    def fail(descriptor):
        raise error

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(type(error)):
        files.write_whole(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_link_is_written_through(tmp_path):
    (tmp_path / "link").symlink_to("real")
    files.write_whole(files.check_output("--csv", tmp_path / "link"), "x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "x"


def test_an_output_that_fails_in_the_end_is_told_with_its_option(tmp_path):
    with pytest.raises(UsageError, match=r"^--json, the file could not be written \(.*No such file"):
        files.write_output("--json", tmp_path / "gone" / "out.json", "data")
