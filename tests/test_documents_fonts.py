"""Where the faces come from: the owner's first, Fandol otherwise, a clear stop where neither is there."""

import shutil
import subprocess

import pytest

from portal import fonts
from portal.documents import DocumentError, render_pdf
from portal.fonts import FANDOL_FILES, ROLES, FontError, find_fonts, install_fandol
from tests.pdf_pages import DATE, NUMBER, TITLE, document_fonts


@pytest.fixture
def bare_system(monkeypatch):
    monkeypatch.setattr(fonts, "_SYSTEM_FOLDERS", ())


@pytest.fixture
def fandol_folder(tmp_path, bare_system):
    for face in document_fonts().faces:
        shutil.copyfile(face.path, tmp_path / face.path.name)
    return tmp_path


def test_every_role_has_a_face_and_names_it_as_a_substitute(fandol_folder):
    found = find_fonts(fandol_folder)
    assert [face.path.name for face in found.faces] == [role.fandol for role in ROLES]
    assert {face.path.name for face in found.faces} == set(FANDOL_FILES)
    assert [face.family for face in found.faces] == [
        "FandolFang-Regular",
        "FandolKai-Regular",
        "FandolHei-Regular",
        "FandolSong-Regular",
        "FandolSong-Bold",
    ]
    assert found.substitutions()[0] == "未找到仿宋字体，以 FandolFang 代替"


def test_the_setting_comes_from_the_environment(fandol_folder, monkeypatch):
    monkeypatch.setenv("PORTAL_FONT_DIR", str(fandol_folder))
    assert {face.path.parent for face in find_fonts().faces} == {fandol_folder}


def test_an_owners_face_is_found_by_the_name_inside_the_file(fandol_folder):
    from fontTools.ttLib import TTFont

    with TTFont(fandol_folder / "FandolSong-Bold.otf") as file:
        for record in file["name"].names:
            if record.nameID in (1, 4, 16):
                record.string = "方正小标宋简体" if record.isUnicode() else "FZXBSJW"
            if record.nameID == 6:
                record.string = "FZXBSJW--GB1-0"
        file.save(fandol_folder / "any-name.otf")
    found = find_fonts(fandol_folder)
    mark = next(face for face in found.faces if face.role.key == "biaosong")
    assert (mark.path.name, mark.family, mark.substitute) == ("any-name.otf", "FZXBSJW--GB1-0", False)
    assert not [sentence for sentence in found.substitutions() if "小标宋" in sentence]


def test_missing_faces_are_all_named_with_what_to_do(tmp_path, bare_system):
    with pytest.raises(FontError) as stopped:
        find_fonts(tmp_path)
    told = str(stopped.value)
    assert all(role.wanted in told and role.fandol in told for role in ROLES)
    assert str(tmp_path) in told and "PORTAL_FONT_DIR" in told


def test_a_damaged_face_stops_the_document(fandol_folder):
    (fandol_folder / "FandolKai-Regular.otf").write_bytes(b"no font")
    with pytest.raises(DocumentError, match=r"FandolKai-Regular\.otf 无法读取或已损坏"):
        render_pdf(
            "minutes.html",
            {"mark": "纪要", "blocks": [], "attendance": [], "copies_to": [], "issuer": "区管办"},
            title=TITLE,
            number=NUMBER,
            date=DATE,
            fonts=find_fonts(fandol_folder),
        )


def test_installing_again_touches_nothing(fandol_folder, monkeypatch):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("nothing is to be downloaded"))
    assert install_fandol(fandol_folder) == [fandol_folder / name for name in FANDOL_FILES]


def test_installing_copies_what_the_system_holds(fandol_folder, tmp_path_factory, monkeypatch):
    monkeypatch.setattr(fonts, "_SYSTEM_FOLDERS", (fandol_folder,))
    target = tmp_path_factory.mktemp("empty") / "fonts"
    assert [path.stat().st_size for path in install_fandol(target)] == [
        (fandol_folder / name).stat().st_size for name in FANDOL_FILES
    ]


def test_installing_takes_the_files_out_of_the_package(fandol_folder, tmp_path_factory, monkeypatch):
    room = tmp_path_factory.mktemp("package")
    place = room / "tree/usr/share/texlive/texmf-dist/fonts/opentype/public/fandol"
    place.mkdir(parents=True)
    for name in FANDOL_FILES:
        shutil.copyfile(fandol_folder / name, place / name)
    (room / "tree/DEBIAN").mkdir()
    (room / "tree/DEBIAN/control").write_text(
        f"Package: {fonts.FANDOL_PACKAGE}\nVersion: 1\nArchitecture: all\n"
        "Maintainer: x <x@localhost>\nDescription: x\n"
    )
    package = room / f"{fonts.FANDOL_PACKAGE}_1_all.deb"
    subprocess.run(
        ["dpkg-deb", "-Znone", "--build", str(room / "tree"), str(package)], check=True, capture_output=True
    )
    monkeypatch.setattr(fonts, "_download", lambda _: package)
    target = room / "fonts"
    assert [path.read_bytes()[:4] for path in install_fandol(target)] == [b"OTTO"] * 5
    assert sorted(path.name for path in target.iterdir()) == sorted(FANDOL_FILES)


def test_a_failed_download_says_what_to_do_by_hand(tmp_path, bare_system, monkeypatch):
    failed = subprocess.CompletedProcess([], 100, "", "E: Unable to locate package")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(FontError, match=r"Unable to locate package.*apt-get download texlive-lang-chinese"):
        install_fandol(tmp_path)
    monkeypatch.setattr(subprocess, "run", _absent)
    with pytest.raises(FontError, match="本机没有 apt-get 命令"):
        install_fandol(tmp_path)


def _absent(*_, **__):
    raise FileNotFoundError
