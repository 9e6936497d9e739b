"""Which items a unit has, what each weighs, where the points of missing items go (附件2-1 注, Annex 2-2)."""

from __future__ import annotations

import pytest

from portal.scoring import SCHEMES, ScoringError, items_of, weights

SCHEME = SCHEMES[0]
ALL_DUTIES = ("login", "permit", "unlicensed", "penalty", "other_dishonesty")
NO_PENALTY = ("login", "permit", "unlicensed", "other_dishonesty")
APPROVAL = ("login", "permit", "other_dishonesty")

TABLE = {
    "login": "10.00",
    "claim": "10.00",
    "feedback": "10.00",
    "permit_entry": "10.00",
    "dishonesty": "15.00",
    "unlicensed": "5.00",
    "single_check": "10.00",
    "joint_check": "10.00",
    "check_results": "10.00",
    "meetings": "10.00",
}


def texts(weight: dict) -> dict:
    return {item: str(value) for item, value in weight.items()}


def test_the_items_are_those_of_annex_2_1_in_its_order():
    assert {item.key: f"{item.points}.00" for item in SCHEME.items} == TABLE
    assert [(i.group, i.name, i.rule) for i in SCHEME.items[1:4]] == [
        (
            "证照联动",
            "许可主体认领",
            "按实际认领数占应认领数比例折算得分，满分为8分；认领及时的，得2分。",
        ),
        (
            "证照联动",
            "许可主体认领后反馈",
            "按实际反馈数占应反馈数比例折算得分，满分为8分；反馈及时的，得2分。",
        ),
        ("证照联动", "行政许可信息录入", "按实录数占应录数比例折算得分，90%及以上得满分。"),
    ]
    assert [item.key for item in SCHEME.items if item.linkage] == ["claim", "feedback", "permit_entry"]


@pytest.mark.parametrize(
    ("unit", "duties", "fields"),
    [
        ("组织部（人社局、民政局）", ALL_DUTIES, ("劳动监察", "人力资源、劳务派遣", "民政")),
        ("社会事业局", NO_PENALTY, ("学校、校外培训机构", "卫生机构、卫生监督", "文化、旅游")),
        ("经济发展局", NO_PENALTY, ("成品油、对外劳务、生猪屠宰等商务", "农业", "金融", "统计", "物价")),
        ("财政局", ALL_DUTIES, ("会计",)),
        ("房产管理局", NO_PENALTY, ("房地产", "物业")),
        ("建设局", NO_PENALTY, ("建设", "水利", "交通", "人防")),
        ("综合执法局", ALL_DUTIES, ("市容", "户外广告", "渣土", "烧烤、油烟")),
        ("应急管理局", ALL_DUTIES, ("安全",)),
        ("生态环境局", ALL_DUTIES, ("环保",)),
        ("市场监管局", ALL_DUTIES, ("食品（盐）", "药械保化", "知识产权")),
        ("公安分局", ALL_DUTIES, ("特种行业",)),
        ("消防大队", ALL_DUTIES, ("消防",)),
        ("自然资源和规划分局", ALL_DUTIES, ("资源",)),
    ],
)
def test_thirteen_units_of_annex_2_2_keep_the_tables_weights(unit, duties, fields):
    assert texts(weights(SCHEME, duties, fields)) == TABLE


def test_the_approval_bureau_sends_35_points_to_licence_linkage():
    assert texts(weights(SCHEME, APPROVAL, ())) == {
        "login": "10.00",
        "claim": "21.67",
        "feedback": "21.67",
        "permit_entry": "21.66",
        "dishonesty": "15.00",
        "meetings": "10.00",
    }


@pytest.mark.parametrize(
    ("duties", "fields", "left_out", "settings", "expected"),
    [
        # One linkage item has nothing due: the other two take its points and those of the missing items.
        (
            ALL_DUTIES,
            ("环保",),
            {"claim"},
            {},
            TABLE | {"claim": None, "feedback": "15.00", "permit_entry": "15.00"},
        ),
        # No linkage item left: in proportion over all items the unit has.
        (("login",), (), set(), {}, {"login": "50.00", "meetings": "50.00"}),
        (
            ("login", "penalty"),
            (),
            set(),
            {},
            {"login": "28.57", "dishonesty": "42.86", "meetings": "28.57"},
        ),
        (
            ("login", "penalty"),
            (),
            set(),
            {"fallback": "equal"},
            {"login": "31.67", "dishonesty": "36.67", "meetings": "31.66"},
        ),
        (
            APPROVAL,
            (),
            {"claim", "feedback", "permit_entry", "login"},
            {},
            {"dishonesty": "60.00", "meetings": "40.00"},
        ),
        ((), (), set(), {}, {"meetings": "100.00"}),
        (
            ("unlicensed",),
            ("环保",),
            set(),
            {},
            {
                "unlicensed": "11.11",
                "single_check": "22.23",
                "joint_check": "22.22",
                "check_results": "22.22",
                "meetings": "22.22",
            },
        ),
    ],
)
def test_where_the_points_of_missing_items_go(duties, fields, left_out, settings, expected):
    weight = weights(SCHEME.with_settings(settings), duties, fields, left_out)
    assert texts(weight) == {item: points for item, points in expected.items() if points}
    assert sum(weight.values()) == 100


@pytest.mark.parametrize(
    ("duties", "fields", "has"),
    [
        (("permit",), (), ["claim", "feedback", "permit_entry", "meetings"]),
        (("penalty",), (), ["dishonesty", "meetings"]),
        (("other_dishonesty",), (), ["dishonesty", "meetings"]),
        (("unlicensed",), (), ["unlicensed", "meetings"]),
        ((), ("会计",), ["single_check", "joint_check", "check_results", "meetings"]),
    ],
)
def test_which_duty_gives_which_item(duties, fields, has):
    assert [item.key for item in items_of(SCHEME, duties, fields)] == has


@pytest.mark.parametrize(("duties", "fields"), [(("logins",), ()), ("login", ()), ((), "环保"), ((1,), ())])
def test_a_wrongly_named_duty_is_refused(duties, fields):
    with pytest.raises(ScoringError, match="职责"):
        weights(SCHEME, duties, fields)
