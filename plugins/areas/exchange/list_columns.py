"""The columns of the exchange's own lists when they are given as files."""

from __future__ import annotations

from portal.toolkit import list_files, registry, units

from . import files_out, imports

_C = list_files.Column


def _label(key: str) -> str:
    kind = registry().record_kinds.get(key)
    return kind.label if kind else key


IMPORTS = (
    _C("号", lambda run: run.id, "integer", 8),
    _C("文件", lambda run: run.file.name, width=32),
    _C("记录", lambda run: _label(run.kind), width=16),
    _C("行数", lambda run: run.rows, "integer", 10),
    _C("新增", lambda run: run.taken_created, "integer", 10),
    _C("更改", lambda run: run.taken_changed, "integer", 10),
    _C("没有变化", lambda run: run.taken_same, "integer", 10),
    _C("有问题的行", lambda run: run.wrong, "integer", 10),
    _C("状态", lambda run: imports.STATES[run.state], width=14),
    _C("上传人", lambda run: run.uploaded_by, width=14),
    _C("上传时间", lambda run: list_files.moment(run.uploaded_at), width=18),
)
FILES = (
    _C("编号", lambda made: files_out.number_of(made), width=18),
    _C("单位", lambda made: units.name_of(made.unit), width=24),
    _C("记录", lambda made: _label(made.kind), width=16),
    _C("报送到", lambda made: files_out.TARGETS[made.target], width=28),
    _C("条数", lambda made: made.rows, "integer", 10),
    _C("文件", lambda made: made.file.name, width=40),
    _C("SM3", lambda made: made.file.digest, width=66),
    _C("生成人", lambda made: made.made_by, width=14),
    _C("生成时间", lambda made: list_files.moment(made.made_at), width=18),
)
