"""Writes the tables of kinds in docs/specification.md from the one table, verifier/kinds.py. ``--check`` only compares.

The lanes, scopes, signers and targets are read off the table; what a kind says in the trade's own words stands here, in
English and Chinese. A kind without words, or words without a kind, is an error.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from verifier.kinds import KINDS, SIGNING_ROLES, Home, Kind, Role, Scope, Signer, Site
from verifier.texts import LANGUAGES, text

TARGET = Path(__file__).resolve().parent.parent / "docs" / "specification.md"
HEADS = {
    "en": ("code", "kind", "what it says", "site field", "pieces go", "who may sign", "names", "adverse"),
    "zh": ("代码", "种类", "含义", "site 字段", "件数去向", "可签名者", "指向", "不利"),
}
WORDS = {
    "operator": ("operator of the site", "该仓库的经营者"),
    "owner": ("owner", "货主"),
    "never": ("never the operator of the site", "该仓库的经营者不得签"),
    "contract": ("the contract, when the registrar acts", "合约（登记方操作时自动写入）"),
    "or": (", ", "、"),
    "but": ("; ", "；"),
    "yes": ("yes", "是"),
    "movement": ("Movements of a lot", "批次的件数变动"),
    "note": ("Notes on a lot", "批次上的记事"),
    "book": ("Notes on a book", "账簿上的记事"),
    "registry": ("Registry books", "登记簿"),
    # what the site field holds, by scope
    "HOME": ("0", "0"),
    "SITE": ("site", "仓库"),
    "OPEN": ("the owner", "货主编号"),
    "BOOK": ("0", "0"),
    "BOOK_SITE": ("site", "仓库"),
    "GRANT": ("the other party", "对方编号"),
    "REGISTRY": ("0", "0"),
}
MEANINGS = {
    "DECLARE": ("customs opens the lot: the pieces of one line", "申报：海关为报关单一个项号的件数开立批次"),
    "VOID": ("pieces that were declared and do not leave", "退关或撤单"),
    "VOID_SHORT": ("pieces found short that customs takes out of the declaration", "短少件经海关核减"),
    "DEPART": ("pieces leave the country", "离境"),
    "ASN": ("the owner addresses pieces to a warehouse", "预约入库（预先发货通知）"),
    "ASN_VOID": ("the owner takes that back", "取消预约"),
    "RECEIVE": ("arrived, good", "入库（完好）"),
    "RECEIVE_DAMAGED": ("arrived, damaged", "入库（残损）"),
    "SHORT": ("announced and not there", "短少"),
    "FOUND_SHORT": ("the short pieces turn up", "短少件补到"),
    "HOLD": ("taken out of sale: damage, inspection", "暂扣（残损、待检）"),
    "RELEASE": ("back into sale", "解除暂扣"),
    "TRANSFER_OUT": ("leaves for another warehouse", "移仓出库"),
    "TRANSFER_HELD": ("held pieces leave for another warehouse", "暂扣件移仓出库"),
    "SHIP": ("leaves the warehouse for a customer", "出库"),
    "SHIP_VOID": ("the parcel did not leave", "取消出库"),
    "UNDELIVERED": ("the parcel came back", "派送未成，退回"),
    "LOST_IN_DELIVERY": ("the parcel was lost", "派送途中丢失"),
    "GIVE": ("leaves as gift or replacement: no sale", "赠送或补发"),
    "GIVEN_BACK": ("given pieces come back", "赠送件退回"),
    "SALE": ("a shipped piece was sold", "销售"),
    "SALE_AT_EXPORT": ("sold to an overseas buyer at export", "出口即销售（B2B）"),
    "RETURN_IN": ("a sold piece comes back to a warehouse", "客户退货入仓"),
    "RETURNLESS": ("refunded, and the buyer keeps it", "退款不退货"),
    "LOSE": ("missing at a count", "盘亏、丢失"),
    "FIND": ("found again", "找回"),
    "LOSE_HELD": ("a held piece is missing", "暂扣件丢失"),
    "DESTROY": ("destroyed", "销毁"),
    "RETURN_ORIGIN": ("leaves the warehouse for home", "退运回国"),
    "ENTRY": ("entered at home; customs says so", "退运入境"),
    "ENTRY_FAILED": ("not let in", "退运未获入境"),
    "REFUND": ("money given back", "退款"),
    "ADJUST": ("the price was changed later", "价格调整"),
    "COUNT": ("a stock count", "盘点"),
    "KIT": ("pieces went into a bundle", "组套"),
    "TAX_STATE": ("a state of the tax row", "退税行状态"),
    "AMEND": ("customs changed the declaration", "报关单修改"),
    "REDECLARE": ("another declaration took its place", "改单重报"),
    "FEE": ("a bill line", "费用"),
    "FEE_CREDIT": ("a fee given back", "费用冲回"),
    "PLATFORM_STATEMENT": ("a settlement statement", "平台结算单"),
    "FX_RECEIPT": ("foreign exchange received", "收汇"),
    "EXCESS": ("more arrived than was announced", "溢收"),
    "EXCESS_SOLVED": ("what became of it", "溢收已处理"),
    "ACCESS_LOG": ("what the service commits to of its access log", "服务方对访问日志的承诺"),
    "ADMIT": ("the owner admits a party to act for it", "授权"),
    "ADMIT_END": ("the owner ends that", "终止授权"),
    "PARTY": ("a party and its roles", "主体及其角色"),
    "KEY": ("a key of a party", "主体的密钥"),
    "KEY_END": ("the end of a key", "密钥终止"),
    "SITE": ("a warehouse and its operator", "仓库及其经营者"),
}  # fmt: skip
ROLES_WITH_SIGNATURE = [role for role in Role if role & SIGNING_ROLES]


def marks(language: str) -> tuple[str, str]:
    """The lines between which a table is written."""
    return f"<!-- kinds:{language} (scripts/docs_kinds.py) -->\n", f"<!-- /kinds:{language} -->\n"


def signers(kind: Kind, language: str) -> str:
    """Who may sign, in words; a star where the owner must have admitted the party."""
    say = LANGUAGES.index(language)
    if kind.scope is Scope.REGISTRY:
        return WORDS["contract"][say]
    star = "\\*" if kind.signers & Signer.ADMITTED else ""
    roles = [role for role in ROLES_WITH_SIGNATURE if kind.signers & role.value]
    alone = star if not roles else ""
    found = [WORDS["operator"][say] + alone] if kind.signers & Signer.SITE_OPERATOR else []
    found += [text(str(role.name), language) + (star if role is not Role.GATEWAY else "") for role in roles]
    found += [WORDS["owner"][say]] if kind.signers & Signer.OWNER else []
    barred = WORDS["but"][say] + WORDS["never"][say] if kind.signers & Signer.NOT_SITE_OPERATOR else ""
    return WORDS["or"][say].join(found) + barred


def lane(found: Home | Site) -> str:
    """A lane with its account."""
    return f"{'home' if isinstance(found, Home) else 'site'}.{found.name}"


def path(kind: Kind) -> str:
    """From where to where the pieces go; empty for a note."""
    if kind.destination is None:
        return ""
    return f"{'' if kind.source is None else lane(kind.source) + ' '}→ {lane(kind.destination)}"


def section(kind: Kind) -> str:
    """Under which heading a kind stands."""
    if kind.scope in (Scope.GRANT, Scope.REGISTRY):
        return "registry"
    if kind.scope in (Scope.BOOK, Scope.BOOK_SITE):
        return "book"
    return "movement" if kind.is_movement else "note"


def table(language: str) -> str:
    """The table of one language."""
    say = LANGUAGES.index(language)
    head = HEADS[language]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    above = ""
    for kind in KINDS:
        if section(kind) != above:
            above = section(kind)
            lines.append(f"| | **{WORDS[above][say]}** " + "| " * (len(head) - 2) + "|")
        cells = (
            f"`0x{kind.code:02X}`",
            f"`{kind.name}`",
            MEANINGS[kind.name][say],
            WORDS["SITE" if kind.name == "SITE" else kind.scope.name][say],
            path(kind),
            signers(kind, language),
            ", ".join(kind.targets),
            WORDS["yes"][say] if kind.adverse else "",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def renew(document: str) -> str:
    """The document with its tables as the table of kinds says."""
    if MEANINGS.keys() != {kind.name for kind in KINDS}:
        raise ValueError(f"words and kinds differ: {sorted(MEANINGS.keys() ^ {kind.name for kind in KINDS})}")
    for language in LANGUAGES:
        first, last = marks(language)
        before, _, rest = document.partition(first)
        _, found, after = rest.partition(last)
        if not found:
            raise ValueError(f"docs/specification.md lacks the marks of the table in {language}")
        document = f"{before}{first}\n{table(language)}\n{last}{after}"
    return document


def main() -> int:
    """Write or check; the exit status."""
    document = TARGET.read_text("utf-8")
    renewed = renew(document)
    if "--check" in sys.argv:
        if document != renewed:
            print("docs/specification.md is not what verifier/kinds.py says: run scripts/docs_kinds.py")
            return 1
        return 0
    TARGET.write_text(renewed, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
