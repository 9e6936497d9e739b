"""Finds the typefaces an official document is set in, and fetches the free ones from Debian."""

import os
import shutil
import struct
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FANDOL_PACKAGE = "texlive-lang-chinese"
FANDOL_FILES = (
    "FandolFang-Regular.otf",
    "FandolHei-Regular.otf",
    "FandolKai-Regular.otf",
    "FandolSong-Regular.otf",
    "FandolSong-Bold.otf",
)
# Names such as 镕 喆 堃 昇 玥 stand in no GB 2312 face; fontconfig knows these by family.
SECOND_FAMILIES = ("Noto Serif CJK SC", "Source Han Serif SC", "Source Han Serif CN")
_SYSTEM_FOLDERS = (
    Path("/usr/share/texlive/texmf-dist/fonts/opentype/public/fandol"),
    Path("/usr/share/fonts/opentype/fandol"),
)
_NAME_IDS = (1, 4, 6, 16)
_POSTSCRIPT_NAME = 6


class DocumentError(RuntimeError):
    """A document cannot be made as the standard asks; the message is Chinese, for the user."""


class FontError(DocumentError):
    """A needed typeface cannot be found or fetched; the message is Chinese, for the user."""


@dataclass(frozen=True)
class Role:
    """One typeface of GB/T 9704-2012: its key in the style sheets, its Chinese name, its files' names."""

    key: str
    wanted: str
    names: tuple[str, ...]
    fandol: str
    fandol_name: str


ROLES = (
    Role(
        "fang",
        "仿宋",
        ("仿宋_GB2312", "FangSong_GB2312", "仿宋", "FangSong", "方正仿宋_GBK", "方正仿宋简体"),
        "FandolFang-Regular.otf",
        "FandolFang",
    ),
    Role(
        "kai",
        "楷体",
        ("楷体_GB2312", "KaiTi_GB2312", "楷体", "KaiTi", "方正楷体_GBK", "方正楷体简体"),
        "FandolKai-Regular.otf",
        "FandolKai",
    ),
    Role(
        "hei",
        "黑体",
        ("黑体", "SimHei", "方正黑体_GBK", "方正黑体简体"),
        "FandolHei-Regular.otf",
        "FandolHei",
    ),
    Role(
        "song",
        "宋体",
        ("宋体", "SimSun", "方正书宋_GBK", "方正书宋简体"),
        "FandolSong-Regular.otf",
        "FandolSong",
    ),
    Role(
        "biaosong",
        "小标宋",
        ("方正小标宋简体", "方正小标宋_GBK", "FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "小标宋体"),
        "FandolSong-Bold.otf",
        "FandolSong Bold",
    ),
)


@dataclass(frozen=True)
class Face:
    """One role and the file that fills it; `family` is the file's PostScript name."""

    role: Role
    path: Path
    family: str
    substitute: bool


@dataclass(frozen=True)
class FontSet:
    """A face for each role, in the order of ROLES, and the families for rare characters."""

    faces: tuple[Face, ...]
    second: tuple[str, ...] = SECOND_FAMILIES

    def substitutions(self) -> tuple[str, ...]:
        """One Chinese sentence for each role where a free face stands in for the standard's own."""
        return tuple(
            f"未找到{face.role.wanted}字体，以 {face.role.fandol_name} 代替"
            for face in self.faces
            if face.substitute
        )


def default_font_folder() -> Path:
    """The folder of $PORTAL_FONT_DIR, else the one the set-up fills under the user's home."""
    named = os.environ.get("PORTAL_FONT_DIR", "").strip()
    if named:
        return Path(named)
    return Path.home() / ".local/share/joint-meeting-portal/fonts"


def find_fonts(folder: Path | str | None = None) -> FontSet:
    """The faces for documents: the owner's own first, the Fandol files otherwise.

    `folder` is the owner's setting; without it $PORTAL_FONT_DIR or the set-up's folder is read, and the
    places where Debian keeps Fandol after that. Raises FontError naming every face that is missing
    (GB/T 9704-2012: never a silent fallback).
    """
    places = (Path(folder) if folder else default_font_folder(), *_SYSTEM_FOLDERS)
    own = _named_faces(places[0])
    faces, missing = [], []
    for role in ROLES:
        path = next((own[key] for key in map(_plain, role.names) if key in own), None)
        if path is not None:
            faces.append(Face(role, path, postscript_name(path), substitute=False))
            continue
        path = next((place / role.fandol for place in places if (place / role.fandol).is_file()), None)
        if path is None:
            missing.append(f"{role.wanted}（{role.fandol}）")
            continue
        faces.append(Face(role, path, postscript_name(path), substitute=True))
    if missing:
        raise FontError(
            f"缺少公文字体：{'、'.join(missing)}。请运行安装程序下载字体，"
            f"或把字体文件放入 {places[0]}（可用环境变量 PORTAL_FONT_DIR 指定）"
        )
    return FontSet(tuple(faces))


def install_fandol(target: Path) -> list[Path]:
    """Put the five Fandol files into `target` and return their paths.

    What is there already stays; what a system folder holds is copied; the rest is taken out of Debian's
    package by `apt-get download`, without installing TeX. Raises FontError with what to do by hand.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in FANDOL_FILES:
        found = next((place / name for place in _SYSTEM_FOLDERS if (place / name).is_file()), None)
        if found is not None and not (target / name).is_file():
            shutil.copyfile(found, target / name)
    missing = [name for name in FANDOL_FILES if not (target / name).is_file()]
    if missing:
        with tempfile.TemporaryDirectory(prefix="fandol-") as room:
            _unpack(_download(Path(room)), missing, target)
    return [target / name for name in FANDOL_FILES]


def _by_hand(reason: str) -> FontError:
    return FontError(
        f"无法取得公文字体：{reason}。请在能联网的 Debian 机器上执行 apt-get download {FANDOL_PACKAGE}，"
        f"用 dpkg-deb -x 解开，把 {'、'.join(FANDOL_FILES)} 复制到字体目录"
    )


def _download(room: Path) -> Path:
    try:
        done = subprocess.run(
            ["apt-get", "download", FANDOL_PACKAGE], cwd=room, capture_output=True, text=True, timeout=900
        )
    except FileNotFoundError:
        raise _by_hand("本机没有 apt-get 命令") from None
    except subprocess.TimeoutExpired:
        raise _by_hand("下载超过 15 分钟") from None
    packages = sorted(room.glob(f"{FANDOL_PACKAGE}_*.deb"))
    if done.returncode or not packages:
        told = done.stderr.strip().splitlines()
        raise _by_hand(f"下载 {FANDOL_PACKAGE} 失败（{told[-1] if told else '没有说明'}）")
    return packages[-1]


def _unpack(package: Path, names: list[str], target: Path) -> None:
    wanted = set(names)
    try:
        reading = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", str(package)], stdout=subprocess.PIPE)
    except FileNotFoundError:
        raise _by_hand("本机没有 dpkg-deb 命令") from None
    try:
        with reading, tarfile.open(fileobj=reading.stdout, mode="r|") as archive:
            for member in archive:
                name = Path(member.name).name
                if name not in wanted or not member.isfile():
                    continue
                partial = target / f"{name}.part"
                with archive.extractfile(member) as source, partial.open("wb") as written:
                    shutil.copyfileobj(source, written)
                partial.replace(target / name)
                wanted.discard(name)
                if not wanted:
                    reading.kill()
                    break
    except tarfile.TarError as error:
        raise _by_hand(f"软件包 {package.name} 损坏（{error}）") from error
    if wanted:
        raise _by_hand(f"软件包 {package.name} 中没有 {'、'.join(sorted(wanted))}")


def _plain(name: str) -> str:
    return name.replace(" ", "").replace("_", "").replace("-", "").lower()


def _named_faces(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    if not folder.is_dir():
        return found
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in {".ttf", ".otf", ".ttc"}:
            for _, name in _names_of(path):
                found.setdefault(_plain(name), path)
    return found


def postscript_name(path: Path) -> str:
    """The PostScript name the file carries, or its stem where it carries none."""
    return next((name for name_id, name in _names_of(path) if name_id == _POSTSCRIPT_NAME), path.stem)


def _names_of(path: Path) -> tuple[tuple[int, str], ...]:
    stamp = path.stat()
    return _read_names(path, stamp.st_mtime_ns, stamp.st_size)


@lru_cache(maxsize=256)
def _read_names(path: Path, changed: int, size: int) -> tuple[tuple[int, str], ...]:
    """(name id, name) pairs of an OpenType file's `name` table; a file that is none gives nothing."""
    try:
        with path.open("rb") as file:
            start = file.read(16)
            offset = struct.unpack(">L", start[12:16])[0] if start[:4] == b"ttcf" else 0
            file.seek(offset)
            tables = struct.unpack(">4xH6x", file.read(12))[0]
            for _ in range(tables):
                tag, where, length = struct.unpack(">4s4xLL", file.read(16))
                if tag == b"name":
                    file.seek(where)
                    return _decode_names(file.read(min(length, 1 << 20)))
    except struct.error:
        return ()
    return ()


def _decode_names(table: bytes) -> tuple[tuple[int, str], ...]:
    count, texts = struct.unpack(">2xHH", table[:6])
    names = []
    for index in range(count):
        record = struct.unpack(">6H", table[6 + 12 * index : 18 + 12 * index])
        platform, _, _, name_id, length, offset = record
        raw = table[texts + offset : texts + offset + length]
        if name_id in _NAME_IDS:
            text = raw.decode("latin-1" if platform == 1 else "utf-16-be", "replace")
            names.append((name_id, text))
    return tuple(names)
