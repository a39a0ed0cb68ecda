"""What a certificate says: the sheet of its kind, who attested, what was not checked; no answer of the verifier."""

import json
from typing import Any

import pytest

from service.certificate.compose import Certificate, compose, credential_digest
from service.certificate.kind_words import kind_words
from service.certificate.press import NotCertifiableError, Press
from service.certificate.sheets import SHEET_MAKERS, make_sheet
from service.core.sheet import Sheet
from tests.service.certificate.issuer import AnIssuer
from tests.service.certificate.reports import (
    CREDENTIAL,
    EXCHANGE,
    ISS,
    ISSUER,
    a_long_report,
    a_provenance_report,
    a_report,
)
from verifier.claims.kinds import CLAIM_KINDS
from verifier.kinds import CODE_BY_NAME, KIND_BY_CODE, REVERSAL, Scope
from verifier.report import Answer, Report
from verifier.texts import TEXTS


def composed(report: Report) -> Certificate:
    assert report.statement is not None
    return compose(CREDENTIAL, report, report.statement, "https://cangsu.example/verify")


def headline(report: Report) -> dict[str, str]:
    assert report.statement is not None
    figures = make_sheet(report.statement).to_json()["headline"]
    return {figure["label"]["en"]: figure["value"]["en"] for figure in figures}


def test_a_provenance_certificate_leads_with_declaration_item_and_pieces() -> None:
    assert headline(a_provenance_report()) == {
        "Customs declaration": "223320260001234567",
        "Item": "01",
        "Pieces declared": "1,000 pcs",
        "Sold": "700 pcs",
        "In warehouses (with held)": "221 pcs",
        "Owner": "party 7",
    }


def test_every_piece_stands_in_the_table_and_in_the_bar() -> None:
    sheet = composed(a_provenance_report()).data["sheet"]
    rows = sheet["tables"][0]["rows"]
    assert sum(int(row[2]["en"]) for row in rows) == 1_000
    assert sheet["tables"][0]["total"][2]["en"] == "1,000"
    assert sum(part["value"] for part in sheet["bars"][0]["parts"]) == 1_000
    assert [row[0]["en"] for row in rows if row[0]["en"]] == ["home", "site 1"]


def plain(**figures: Any) -> Sheet:
    """The sheet of a kind that has none of its own."""
    statement = a_report("urn:cangsu:vct:new-kind:1", lots=2, asked={"note": "as asked"}, figures=figures).statement
    assert statement is not None
    return make_sheet(statement)


def texts(sheet: Sheet) -> list[list[list[str]]]:
    """The rows of all tables in English, head first."""
    return [
        [
            [column["label"]["en"] for column in table["columns"]],
            *([cell["en"] for cell in row] for row in table["rows"]),
        ]
        for table in sheet.to_json()["tables"]
    ]


def test_a_kind_without_a_sheet_of_its_own_prints_every_figure() -> None:
    report = a_long_report()
    assert report.statement is not None
    printed = json.dumps(make_sheet(report.statement).to_json(), ensure_ascii=False)
    for lot in range(52):
        assert f'"223320260001234567-{lot + 1:02d}"' in printed
        assert f'"{1_000 + lot:,}"' in printed
    for figure in ("JPY 123,456,789,012", "KWD 123,456,789.012", "KWD 12.345", "USD 15.00", "18,204", "A" * 90):
        assert f'"{figure}"' in printed, figure


def test_ceilings_lead_and_what_is_asked_comes_last() -> None:
    sheet = plain(currencies={"USD": {"ceiling_minor": 5}, "KWD": {"ceiling_minor": 7}}, orders=3)
    assert [(figure.label.en, figure.value) for figure in sheet.headline[1:]] == [
        ("orders", "3"),
        ("ceiling · KWD", "KWD 0.007"),
        ("ceiling · USD", "USD 0.05"),
    ]
    assert texts(sheet)[-1] == [["Item", "Figure"], ["note", "as asked"]]


def test_figures_of_several_things_stand_beside_each_other() -> None:
    amounts = {"refunds_minor": 1, "gross_minor": 2, "fees_by_type_minor": {"storage": 3}}
    sheet = plain(currencies={"CAD": amounts, "USD": {"gross_minor": 4}})
    head, *rows = texts(sheet)[0]
    assert head == ["Item", "CAD", "USD"]
    assert rows == [
        ["gross", "CAD 0.02", "USD 0.04"],
        ["refunds", "CAD 0.01", "-"],
        ["netted fees by type · storage", "CAD 0.03", "-"],
    ]
    assert texts(plain(receipts=[{"bank": 8, "date": "2026-05-30"}]))[0] == [
        ["Item", "bank (party)", "date"],
        ["1", "8", "2026-05-30"],
    ]


def test_many_figures_of_few_things_are_turned_and_of_many_things_listed() -> None:
    names = {f"name_{number}": number for number in range(9)}
    few, many = ({str(place): names for place in range(places)} for places in (2, 9))
    assert texts(plain(sites=few))[0][:2] == [["Item", "0", "1"], ["name_0", "0", "0"]]
    assert len(texts(plain(sites=many))[0]) == 1 + 81


def test_figures_of_odd_shapes_are_listed_and_none_is_left_out() -> None:
    sheet = plain(digest="0x" + "ab" * 32, mixed={"a": 1, "b": {"c": True}}, empty={}, words=["x", ""])
    assert texts(sheet)[:3] == [
        [["Item", "Figure"], ["digest of the credential", "0x" + "ab" * 32]],
        [["Item", "Figure"], ["a", "1"], ["b · c", "yes"]],
        [["Item", "Figure"], ["1", "x"], ["2", "-"]],
    ]


@pytest.mark.parametrize("vct", sorted(CLAIM_KINDS.keys() | SHEET_MAKERS.keys()))
def test_every_kind_has_a_title_in_both_languages(vct: str) -> None:
    assert vct in CLAIM_KINDS
    if vct in SHEET_MAKERS:
        return
    statement = a_report(vct, asked={}, figures={}).statement
    assert statement is not None
    title = make_sheet(statement).title
    assert title.zh != title.en


def test_the_verifiers_answers_are_not_on_it() -> None:
    text = json.dumps(composed(a_provenance_report()).data, ensure_ascii=False)
    for code in ("valid", "invalid", "cannot_tell"):
        for answer in TEXTS[code]:
            assert answer.partition(" as of")[0].partition("（")[0] not in text


def test_what_was_not_checked_leaves_out_how_one_reader_verified() -> None:
    notes = [note["en"] for note in composed(a_provenance_report()).data["not_checked"]]
    assert notes[0].startswith("this page itself")
    assert len(notes) == 4
    assert not any("pinned" in note for note in notes)


def test_the_checkpoint_and_the_cut_offs_are_told_in_beijing_time_and_in_utc() -> None:
    checkpoint = composed(a_provenance_report()).data["checkpoint"]
    for name in ("block_time", "event_time", "record_time"):
        assert checkpoint[name] == "2026-06-01 12:00:00 (UTC+8) · 2026-06-01 04:00:00 (UTC)"


def test_a_reader_is_told_that_it_may_have_been_withdrawn_or_replaced_since() -> None:
    notes = [note["zh"] for note in composed(a_provenance_report()).data["not_checked"]]
    assert any("可能已被撤销，或已被更正后的凭证替代" in note for note in notes)


def test_the_qr_code_names_the_credential_and_not_its_signature() -> None:
    digest = credential_digest(CREDENTIAL)
    assert composed(a_provenance_report()).verify_link == f"https://cangsu.example/verify#{digest}"
    head, payload, _ = CREDENTIAL.split("~")[0].split(".")
    assert credential_digest(f"{head}.{payload}.AAAA~more~") == digest
    assert credential_digest(f"{head}.{payload[:-1]}A.AAAA~") != digest


def test_every_kind_of_event_and_every_reversal_has_a_name_on_paper() -> None:
    for name, code in CODE_BY_NAME.items():
        if KIND_BY_CODE[code & ~REVERSAL].scope is not Scope.REGISTRY:
            assert kind_words(name).zh.endswith("冲销") == bool(code & REVERSAL)


@pytest.mark.parametrize("answer", [Answer.INVALID, Answer.CANNOT_TELL])
def test_nothing_but_a_valid_credential_gets_a_certificate(press: Press, answer: Answer) -> None:
    with pytest.raises(NotCertifiableError, match=answer.value) as caught:
        press.make(CREDENTIAL, a_report(answer=answer))
    assert caught.value.code == "NotValid"


@pytest.mark.parametrize("issuer", [("https://other.example", ISSUER), (ISS, ISSUER + 1)])
def test_the_credential_of_another_issuer_gets_none(issuer: tuple[str, int], press: Press) -> None:
    other: Any = Press(issuer, AnIssuer(), press.verify_url, press.fonts)
    with pytest.raises(NotCertifiableError) as caught:
        other.make(CREDENTIAL, a_provenance_report())
    assert caught.value.code == "OtherIssuer"


def test_reports_of_these_tests_are_of_real_kinds() -> None:
    assert EXCHANGE in CLAIM_KINDS
