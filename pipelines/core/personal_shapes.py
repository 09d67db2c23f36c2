"""What personal data looks like: telephones, identity numbers, plates, mail addresses, Chinese names.

Belongs here: the shapes. Does not: which column is personal (contracts say), pseudonyms. A shape is a guess: it serves where a
value stands in a place that the contract did not foresee, such as a column that was swapped with another.
"""

from __future__ import annotations

import re
from collections.abc import Callable

#: The number of 15 places that cards had until 2013, of people born 1930 to 1999: codes of grids have 15 places too, and would
#: otherwise look like people born in the year of their street.
OLD_IDENTITY = r"[1-9]\d{5}[3-9]\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}"
PLATE = re.compile(r"^[\u4e00-\u9fff][A-Z][·.]?[A-Z0-9]{5,6}$")
#: For a search in one text, in words that Polars reads too (no look-around): a find may begin and end a character too far out.
ANY_PERSONAL = re.compile(
    rf"1[3-9]\d{{9}}|\d{{17}}[\dXx]|(?:^|\D){OLD_IDENTITY}(?:\D|$)|[^@\s]+@[^@\s]+\.\w+|\d{{3}}[-.]\d{{3}}[-.]\d{{4}}"
)
SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
    "范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文張劉陳楊趙黃吳孫馬羅鄭謝韓馮鄧許蕭呂蘇盧蔣賈"
)
NAME = re.compile(rf"^[{SURNAMES}][\u4e00-\u9fff]{{1,2}}$|^[{SURNAMES}](?:某|先生|女士|[*×xX○]){{1,2}}$")
ANY_PLATE = re.compile(r"[\u4e00-\u9fff][A-Z][·.]?[A-Z0-9]{5,6}")
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
#: Narrower than the shapes above, for names of files and sheets and for messages, which may hold dates and numbers of batches.
PLAINLY_PERSONAL = re.compile(
    r"(?<!\d)1[3-9]\d{9}(?!\d)"
    r"|(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
    rf"|[{PROVINCES}][A-Z][·.]?[A-Z0-9]{{5,6}}(?![A-Za-z0-9])"
    r"|[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.(?:com|cn|net|org|edu|gov|hk|mo|tw)(?![A-Za-z0-9])"
)
#: For cells of keys, which hold long numbers with dates in them: a telephone stands alone, an identity number has a day of birth.
IN_KEYS = re.compile(
    r"(?<!\d)1[3-9]\d{9}(?!\d)"
    r"|(?<!\d)[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![\dA-Za-z])"
    rf"|(?<!\d){OLD_IDENTITY}(?!\d)|[^@\s]+@[^@\s]+\.\w+|(?<!\d)\d{{3}}[-.]\d{{3}}[-.]\d{{4}}(?!\d)"
)
HAN = re.compile(r"[\u4e00-\u9fff]+")
HIDDEN = "●"


def masked(text: str, stand_in: Callable[[str], str] = lambda _: HIDDEN) -> str:
    """A name or message without what is plainly personal in it: telephones, identity numbers, plates, mail addresses.

    Chinese names are masked only beside one of these, and only where they stand alone: many a place is called like a person.
    """
    told = PLAINLY_PERSONAL.sub(lambda found: stand_in(found[0]), text)
    if told == text:
        return text
    return HAN.sub(lambda found: stand_in(found[0]) if NAME.search(found[0]) else found[0], told)


def holds_personal_key(text: str, *, names: bool = True) -> bool:
    """The same for a cell of a key (below): numbers of cases are long, and any eighteen digits would look like an identity."""
    return bool(IN_KEYS.search(text) or ANY_PLATE.search(text) or (names and NAME.search(text.strip())))


def holds_personal(text: str, *, names: bool = True) -> bool:
    """Whether a text holds a telephone, an identity number, a plate or a mail address, or (`names`) is a Chinese name."""
    return bool(ANY_PERSONAL.search(text) or ANY_PLATE.search(text) or (names and NAME.search(text.strip())))
