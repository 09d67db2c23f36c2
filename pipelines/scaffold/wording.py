"""Wording: headers as they are compared, and how near two of them are.

Belongs here: one form for all spellings of a header (width, case, punctuation, camel case, abbreviations, traditional
characters), nearness of two headers, the committed phrases that departments elsewhere use. Does not: what stands below a header.
"""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections import defaultdict
from functools import cache
from pathlib import Path

PHRASES = Path(__file__).with_name("phrases.csv")

#: Traditional characters that headers and code names are written in, each before its simplified form.
PAIRS = (
    "業业書书爭争產产價价眾众衆众會会體体內内決决況况準准劃划別别辦办務务動动協协單单廳厅參参發发變变號号後后聽听啟启啓启員员場场處处"
    "復复複复實实審审對对層层屆届屬属崗岗併并並并應应開开當当錄录態态戶户執执報报撥拨掛挂據据數数時时權权條条來来構构標标滿满狀状環环"
    "現现電电監监碼码離离稱称種种類类緊紧糾纠級级緯纬納纳紛纷線线組组細细織织經经結结絡络絕绝續续維维編编網网罰罚聯联節节見见認认議议"
    "記记訪访證证評评訴诉話话詳详說说請请調调責责敗败賬账帳账質质轉转轄辖邊边達达運运適适裡里銷销長长門门問问間间險险隱隐難难題题額额"
    "風风饋馈齡龄圍围關关團团國国圖图職职舉举簡简斷断無无與与鄉乡鎮镇縣县區区歲岁郵邮詢询歸归終终師师東东樓楼廣广異异檔档識识規规讓让"
    "選选遞递竊窃盜盗傷伤騷骚擾扰車车輛辆違违個个裝装點点號号臺台灣湾隊队駐驻醫医療疗勞劳僱雇訟讼諮咨罰罚贓赃擊击殺杀詐诈騙骗損损壞坏"
    "築筑測测燈灯溝沟樹树蓋盖髒脏廢废燒烧煙烟氣气衛卫貼贴佔占賣卖攤摊營营麗丽龍龙紅红藍蓝黃黄"
)
SIMPLIFIED = str.maketrans(dict(zip(PAIRS[::2], PAIRS[1::2], strict=True)))

SHORT_FORMS = {
    "dt": "date", "dttm": "datetime", "no": "number", "num": "number", "nbr": "number", "nr": "number", "desc": "description",
    "long": "longitude", "lon": "longitude", "lng": "longitude", "lat": "latitude", "addr": "address", "dept": "department",
    "tel": "phone", "telephone": "phone", "mobile": "phone", "cat": "category", "neighbourhood": "neighborhood",
    "offence": "offense", "judgement": "judgment", "ontime": "on time", "submittedphoto": "submitted photo",
    "closedphoto": "closed photo", "zipcode": "zip code", "created": "created", "opened": "open", "closed": "closed", "id": "id",
    "datetime": "date", "timestamp": "date", "time": "date", "sr": "service request", "areaname": "area name",
}  # fmt: skip
#: Words that say what sort of thing a value is, not which: two headers are not near for sharing one of them alone.
WEAK = {"number", "date", "code", "name", "type", "id", "text", "of", "the", "on", "at", "in", "this", "what", "is", "a"}
#: What forms write behind a header for those who fill them in.
FORM_NOTES = re.compile(r"\(?(?:必填项?|选填|可选|required|optional)\)?$", re.IGNORECASE)
#: In front of a Chinese header: to which one it belongs, which says nothing more.
OWNER = re.compile(r"^(?:所属|所在|本)(?=..)")
#: Characters that turn a header into another:
#: 应办结时间 (due) is not 办结时间 (closed), 限办 not 转办, 被申请人 not 申请人, 原编码 not 编码.
TURNS = set("应拟未非不原新被再延超限")
CJK = re.compile(r"[\u3400-\u9fff]")


def simplified(text: str) -> str:
    """NFKC, and the characters of PAIRS in their simplified form."""
    return unicodedata.normalize("NFKC", text).translate(SIMPLIFIED)


@cache
def words(header: str) -> tuple[str, ...]:
    """The words of a Latin header: camel case and punctuation parted, abbreviations written out."""
    plain = FORM_NOTES.sub("", simplified(header))
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", plain)
    found = re.split(r"[^0-9a-z\u3400-\u9fff]+", text.lower())
    return tuple(word for one in found if one for word in SHORT_FORMS.get(one, one).split())


@cache
def squeezed(header: str) -> str:
    """The header without anything but letters, digits and ideographs; a Chinese date or moment is called a time."""
    found = "".join(words(header))
    return OWNER.sub("", found).replace("日期", "时间").replace("时刻", "时间") if CJK.search(found) else found


@cache
def is_chinese(header: str) -> bool:
    """Whether an ideograph stands in it."""
    return bool(CJK.search(header))


def _weight(found: set[str]) -> float:
    return sum(0.35 if word in WEAK else 1.0 for word in found)


@cache
def nearness(header: str, spelling: str) -> float:
    """0 (nothing in common) to 1 (the same but for width, case, punctuation, abbreviation, traditional characters)."""
    one, other = squeezed(header), squeezed(spelling)
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    if is_chinese(header) != is_chinese(spelling):
        return 0.0
    if is_chinese(header):
        return _chinese_nearness(one, other)
    mine, theirs = set(words(header)), set(words(spelling))
    shared = mine & theirs
    overlap = _weight(shared) / _weight(mine | theirs) if shared - WEAK else 0.0
    letters = difflib.SequenceMatcher(None, one, other).ratio() if min(len(one), len(other)) > 3 else 0.0
    return max(overlap, letters if letters >= 0.86 else 0.0) * 0.97


def _chinese_nearness(one: str, other: str) -> float:
    """Shared characters in order, weighing more at the end, where Chinese headers say what they are."""
    same = difflib.SequenceMatcher(None, one, other).ratio()
    held = min(len(one), len(other)) >= 2 and (one in other or other in one)
    ends = one[-1] == other[-1]
    near = min(0.9, same * (1.0 if ends else 0.8) + (0.1 if held and ends else 0.0))
    return near * 0.6 if (set(one) ^ set(other)) & TURNS else near


@cache
def phrases() -> dict[str, dict[str, tuple[str, ...]]]:
    """By contract (or `*`): column (or @key, @main_time, @update_time, @contract, -) -> phrases."""
    found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    with PHRASES.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            listed = tuple(row["phrases"].split("|"))
            found[row["contract"]][row["column"]] = found[row["contract"]].get(row["column"], ()) + listed
    return dict(found)
