"""The event vectors: sealed events with every kind of text and number that is allowed, and JSON that is refused."""

import base64
import unicodedata
from typing import Any

import rfc8785

from scripts.vectors_plain import Json, pack_word, sha256, to_hex

GROUPS = ("document", "goods", "logistics", "money", "order", "person")
_CLEAR: Json = {
    "schema": "cangsu-event-1",
    "event_id": "EV-1",
    "kind": "SHIP",
    "lot": "00c0ffee00c0ffee",
    "site": 7,
    "quantity": 3,
    "event_time": "2026-03-02T09:30:00+08:00",
}
_CODES = {"DECLARE": 0x01, "SHIP": 0x0F, "SALE": 0x15, "REFUND": 0x40, "FEE": 0x50, "SALE_REVERSAL": 0x95}
_CONTROLS = "".join(map(chr, range(0x20)))
_EVENTS: list[tuple[str, Json, Json]] = [
    ("all_groups_empty", {}, {}),
    (
        "declaration",
        {"kind": "DECLARE", "site": 16_777_215, "quantity": 4_294_967_295, "event_time": "2026-01-31T23:59:59-11:00"},
        {
            "document": {"declaration_no": "223320260001234567", "item_no": 1, "part_no": 0},
            "goods": {"sku": "A-1", "hs_code": "8507600090", "legal_quantity": "12.500"},
        },
    ),
    (
        "every_group",
        {"kind": "SALE", "target": 6, "event_time": "2026-03-02T09:30:00+05:45"},
        {
            "document": {"source_line": 1},
            "goods": {"sku": "A-1"},
            "logistics": {"carrier": "DHL", "tracking": "JD0146"},
            "money": {"currency": "USD", "gross_minor": 3_799},
            "order": {"order_ref": "113-0000001", "channel": "marketplace"},
            "person": {"country": "US"},
        },
    ),
    ("chinese", {"event_id": "出库-1"}, {"goods": {"name": "锂离子电池组", "unit": "个"}, "person": {"city": "東京"}}),
    ("accents_in_nfc", {}, {"person": {"city": "Nürnberg", "street": "Čapkova Ağaç Vĩnh"}}),
    ("beyond_the_basic_plane", {}, {"goods": {"name": "📦 𠮷 𝒳 🇨🇳"}}),
    ("control_characters", {"event_id": _CONTROLS}, {"order": {"note": _CONTROLS + "\x7f\x80\x9f"}}),
    ("quotes_and_slashes", {"event_id": '"\\/'}, {"order": {"note": '</script> "\\" \\u0041 \\n //'}}),
    ("line_separators", {}, {"order": {"note": "a\u2028b\u2029c\u00a0d\ufeffe\uffff"}}),
    ("looks_like_json", {}, {"order": {"note": '{"a":1}', "list": "[1, 2]", "number": "1e400", "null": "null"}}),
    (
        "member_order",
        {},
        {
            "order": {
                name: index for index, name in enumerate(["b", "a", "B", "A", "aa", "a-b", "a_b", "10", "9", "", "~"])
            }
        },
    ),
    ("largest_integers", {}, {"money": {"plus": 2**53 - 1, "minus": -(2**53) + 1, "zero": 0, "ten": 10}}),
    ("nested", {}, {"goods": {"parts": [{"b": [], "a": {}}, [[]], [True, False, None, "", 0]]}}),
    ("longest_event_id", {"event_id": "x" * 100}, {}),
    ("reversal", {"kind": "SALE_REVERSAL", "target": 4_294_967_295}, {}),
    ("note", {"kind": "REFUND", "quantity": 0, "target": 0}, {"money": {"currency": "JPY", "refund_minor": 1}}),
    ("book", {"kind": "FEE", "lot": "8000000100000008", "site": 0, "quantity": 0}, {"money": {"fee_minor": 105_00}}),
    ("highest_lot", {"lot": "7fffffffffffffff", "site": 16_777_215, "quantity": 1}, {}),
]
_REFUSED_JSON = {
    "float": '{"quantity":1.0}',
    "exponent": '{"quantity":1e3}',
    "not_a_number": '{"quantity":NaN}',
    "integer_above_2_53": '{"quantity":9007199254740992}',
    "duplicate_member": '{"kind":"SHIP","kind":"SALE"}',
    "duplicate_member_by_escape": '{"kind":"SHIP","k\\u0069nd":"SALE"}',
    "name_not_ascii": '{"数量":1}',
    "not_in_nfc": '{"city":"Nu\\u0308rnberg"}',
    "lone_surrogate": '{"city":"\\ud83d"}',
    "surrogates_the_wrong_way_round": '{"city":"\\udce6\\ud83d"}',
    "raw_control_character": '{"city":"a\nb"}',
    "trailing_comma": '{"quantity":1,}',
    "second_value": '{"quantity":1}{}',
    "byte_order_mark": '\ufeff{"quantity":1}',
}
_ABSENT = object()
_REFUSED_CLEAR: dict[str, tuple[str, Any]] = {
    "schema_unknown": ("schema", "cangsu-event-2"),
    "schema_missing": ("schema", _ABSENT),
    "member_unknown": ("word", "0x00"),
    "event_id_empty": ("event_id", ""),
    "event_id_too_long": ("event_id", "x" * 101),
    "event_id_a_number": ("event_id", 1),
    "kind_unlisted": ("kind", "STEAL"),
    "kind_in_lower_case": ("kind", "ship"),
    "kind_a_code": ("kind", 15),
    "reversal_of_an_admission": ("kind", "ADMIT_REVERSAL"),
    "lot_zero": ("lot", "0000000000000000"),
    "lot_a_number": ("lot", 12_648_430),
    "lot_in_upper_case": ("lot", "00C0FFEE00C0FFEE"),
    "lot_too_short": ("lot", "c0ffee00c0ffee"),
    "lot_with_prefix": ("lot", "0x00c0ffee00c0ff"),
    "lot_with_line_feed": ("lot", "00c0ffee00c0ffee\n"),
    "site_negative": ("site", -1),
    "site_above_24_bits": ("site", 16_777_216),
    "quantity_above_32_bits": ("quantity", 4_294_967_296),
    "quantity_true": ("quantity", True),
    "quantity_a_string": ("quantity", "3"),
    "target_where_the_kind_has_none": ("target", 0),
    "time_in_zulu": ("event_time", "2026-03-02T09:30:00Z"),
    "time_without_offset": ("event_time", "2026-03-02T09:30:00"),
    "time_without_seconds": ("event_time", "2026-03-02T09:30+08:00"),
    "time_with_fraction": ("event_time", "2026-03-02T09:30:00.5+08:00"),
    "time_with_blank": ("event_time", "2026-03-02 09:30:00+08:00"),
    "time_in_other_digits": ("event_time", "２026-03-02T09:30:00+08:00"),
    "day_that_never_was": ("event_time", "2026-02-29T09:30:00+08:00"),
}


def events_vector() -> Json:
    """Clear parts, groups, disclosures, digests and words; then what MUST be refused."""
    return {
        "about": "digest = SHA-256(RFC 8785(clear + _sd)); the word is built from the clear part.",
        "events": [_seal(name, _CLEAR | clear, groups) for name, clear, groups in _EVENTS],
        "refused_json": [{"defect": defect, "json": text} for defect, text in _REFUSED_JSON.items()],
        "refused_clear": [
            {
                "defect": defect,
                "clear": {key: item for key, item in (_CLEAR | {name: value}).items() if item is not _ABSENT},
            }
            for defect, (name, value) in _REFUSED_CLEAR.items()
        ]
        + [{"defect": "target_missing", "clear": _CLEAR | {"kind": "SALE"}}],
    }


def _seal(name: str, clear: Json, groups: Json) -> Json:
    disclosures = [_disclose(f"{name} {group}", group, groups.get(group, {})) for group in GROUPS]
    sd = [_base64url(sha256(disclosure.encode())) for disclosure in disclosures]
    canonical = rfc8785.dumps(clear | {"_sd": sd})
    word = pack_word(int(clear["lot"], 16), clear["site"], _CODES[clear["kind"]], clear["quantity"])
    assert all(unicodedata.is_normalized("NFC", text) for text in (canonical.decode(), *disclosures))
    return {
        "name": name,
        "clear": clear,
        "groups": groups,
        "disclosures": disclosures,
        "_sd": sd,
        "canonical": canonical.decode(),
        "digest": to_hex(sha256(canonical)),
        "word": to_hex(word),
    }


def _disclose(seed: str, group: str, value: Json) -> str:
    salt = _base64url(sha256(seed.encode())[:16])
    return _base64url(rfc8785.dumps([salt, group, value]))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
