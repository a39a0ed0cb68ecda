"""Why a step failed or was not checked, in Chinese: the reasons that an honest reader can meet.

Reasons are written in English where they are raised. Here each has its Chinese, keyed by the English with its blanks; a
test holds every such reason against the table. What says which byte or number of a file is wrong stays English: it is
for whoever made the file. A blank may hold another reason, which is put into Chinese too.
"""

import re
from functools import cache

from verifier.zones import in_zones

REASONS: dict[str, str] = {
    # the chain
    "neither a node nor a kept checkpoint was given": "未指定节点，也未给出留存的检查点",
    "no node was given": "未指定节点",
    "the chain was not read": "未读取链上记录",
    "the tree head was not checked": "未核对链上的树根",
    "the node at {place} does not answer {method}: {why}": "节点 {place} 对 {method} 未作答：{why}",
    "the node refuses {method}": "节点拒绝 {method}",
    "the node answers with something that is no {what}": "节点的应答不是{what}",
    "block": "区块",
    "array": "数组",
    "number": "数字",
    "hex": "十六进制",
    "the node answers with {got} bytes instead of {expected}": "节点应答 {got} 字节，应为 {expected} 字节",
    "the node serves chain {got}, the credential is of {expected}": "节点属于链 {got}，凭证属于链 {expected}",
    "the node does not have block {number}": "节点没有区块 {number}",
    "the node's chain does not carry this log": "节点所在的链上没有该日志",
    "block {number} of the chain is not the credential's": "链上的区块 {number} 与凭证所载不是同一区块",
    "block {number} has another time": "区块 {number} 的时间不同",
    "the contract does not run the pinned code of this log": "合约代码并非该日志的固定代码",
    "the registry of claims does not run the pinned code of this log": "证明登记合约的代码并非该日志的固定代码",
    "the contract held another tree head at block {number}": "合约在区块 {number} 所存的树根不同",
    "the credential is of another log than the one that was asked for": "凭证所属日志并非所指定的日志",
    "the anchor's block is of {time}, more than {allowed} ago": "锚定区块的时间为 {time}，距今已超过 {allowed}",
    "{days} days": "{days} 天",
    "{seconds} seconds": "{seconds} 秒",
    "connection refused": "连接被拒绝",
    "the connection broke": "连接中断",
    "no answer in time": "超时",
    "no such host": "没有该主机",
    "its TLS certificate does not hold": "其 TLS 证书不成立",
    "HTTP status {status}": "HTTP 状态码 {status}",
    "the answer is not JSON": "应答不是 JSON",
    "it cannot be reached": "无法连接",
    # a kept checkpoint
    "the kept checkpoint is of another log": "所留存的检查点属于另一日志",
    "the kept checkpoint is of block {kept}, the credential of block {anchored}": (
        "所留存的检查点属于区块 {kept}，凭证属于区块 {anchored}"
    ),
    "block {number} has another hash in the kept checkpoint": "区块 {number} 的哈希与所留存的检查点不同",
    "the tree of {size} leaves has another root in the kept checkpoint": "{size} 个叶子的树根与所留存的检查点不同",
    "the tree of that block has another size in the kept checkpoint": "该区块的树大小与所留存的检查点不同",
    "a kept checkpoint knows no histories, and the credential carries no state proof": (
        "留存的检查点不含历史，凭证也未附状态证明"
    ),
    "a kept checkpoint does not tell what became of the claim": "留存的检查点无法说明该证明其后的情况",
    "a kept checkpoint does not tell what claims have used": "留存的检查点无法说明各证明已占用的内容",
    # a checkpoint that witnesses cosigned
    "the checkpoint is refused: {reason}": "检查点不予采信：{reason}",
    "the signature of {name} does not hold": "{name} 的签名不成立",
    "no log of the witness policy has signed the checkpoint": "检查点未经见证方规则所列的日志签名",
    "the checkpoint has no quorum of the {count} witnesses: {who}": (
        "检查点的联署未达规定人数（共 {count} 个见证方）：{who}"
    ),
    "none of them": "无一联署",
    "--witnesses judges a checkpoint: give one with --checkpoint": (
        "--witnesses 用于评判检查点：请用 --checkpoint 给出检查点"
    ),
    "the witness policy is not UTF-8": "见证方规则不是 UTF-8 文本",
    "line {number} of the witness policy: {why}": "见证方规则第 {number} 行：{why}",
    "the witness policy has no quorum": "见证方规则缺少 quorum 行",
    "the witness policy has more than {limit} lines": "见证方规则超过 {limit} 行",
    "expected a log, a witness, a group or one quorum of names that stand before it": (
        "应为 log、witness、group 或唯一的 quorum 行，所用名称须在其前定义"
    ),
    "the key is of the other type: a log's is 1, a witness's 4": "密钥类型不符：日志为 1，见证方为 4",
    "the key stands there twice: it would count twice": "同一密钥出现两次，会被计为两个",
    "the name {name} is taken": "名称 {name} 已被使用",
    "a group has names that stand before it, each in one group only": "组员须在其前定义，且只属一个组",
    "a group of {count} counts from 1 to {all} of them": "{count} 个成员的组，人数须为 1 至 {all}",
    "a note key has a name without spaces and plus, and 32 bytes": "公钥须有不含空格和加号的名称及 32 字节",
    "a verifier key is written <name>+<key id>+<base64>": "公钥写作 <名称>+<密钥编号>+<base64>",
    "not an Ed25519 key of a log (type 1) or of a witness (type 4)": (
        "并非日志（类型 1）或见证方（类型 4）的 Ed25519 公钥"
    ),
    "the id of the verifier key is not that of its name and key": "密钥编号与名称、公钥不符",
    "the credential carries no state proof": "凭证未附状态证明",
    "the state proof lacks a trie node": "状态证明缺少一个树节点",
    "the block header of the state proof is not the anchor's block": "状态证明的区块头并非锚定区块",
    "the anchor's block has another number or time": "锚定区块的编号或时间不同",
    "a checkpoint has an origin, a size, a root and a block line": "检查点须含来源、大小、树根和区块各一行",
    # the claim on chain
    "this kind of credential uses nothing up": "此类凭证不占用任何额度",
    "the claim was revoked": "该证明已被撤销",
    "superseded: this is version {version}, the chain has version {newest}": (
        "已被取代：本凭证为第 {version} 版，链上为第 {newest} 版"
    ),
    "superseded: the chain has version {version} of this claim": "已被取代：链上为第 {version} 版",
    "the chain has no such claim": "链上没有该证明",
    "the chain has no such claim, or it was revoked": "链上没有该证明，或已被撤销",
    "the chain has another credential under this claim": "链上该证明对应的是另一凭证",
    "the chain has this claim of another issuer, owner or purpose": "链上该证明的签发方、货主或用途不同",
    "the chain has this claim of another issuer or owner": "链上该证明的签发方或货主不同",
    "the chain has another set of sales under this claim": "链上该证明所占用的销售不同",
    "the credential has no record of the purpose of its kind": "凭证缺少该类用途的登记内容",
    "position {position} of {lot} lessens a sale, and no claim took it": (
        "{lot} 的第 {position} 个事件冲减了销售，却未计入任何证明"
    ),
    "notes of {book} up to the anchor are in no claim": "账簿 {book} 中锚定前的记事未计入任何证明",
    "goods were sold on no account, and notes of the own ledger {ledger} are left out": (
        "有货物未经任何账户售出，而自有账簿 {ledger} 的记事被遗漏"
    ),
    "the chain made the claim take over other debts of its owner than it deducts": "证明所扣减的前期超额与链上不符",
    "the chain has another whole of {currency} under the claim that is deducted": (
        "所扣减的证明在链上的 {currency} 总额不同"
    ),
    "the claim deducts less {currency} than the chain made it take over": "证明扣减的 {currency} 少于链上要求",
    "{currency} has a ceiling and no tank": "{currency} 有额度而链上无登记",
    "the chain has another whole of {currency} under this claim": "链上该证明的 {currency} 总额不同",
    "the whole of {currency} is {whole}, its ceiling {ceiling}": "{currency} 总额为 {whole}，额度为 {ceiling}",
    "the chain lets banks endorse more {currency} than the ceiling of {ceiling}": (
        "链上允许签注的 {currency} 超过额度 {ceiling}"
    ),
    "the chain has version {version} of this claim only": "链上该证明仅到第 {version} 版",
    "the chain has version {version} of this claim, no longer or not yet the successor's": (
        "链上该证明为第 {version} 版，并非替代凭证的版本"
    ),
    "the chain has another credential as the successor": "链上的替代凭证不同",
    "the chain lets banks endorse {amount} of this claim only": "链上仅允许签注 {amount}",
    "the chain shows {amount} of this bank: it has released some since": "链上该银行签注为 {amount}：其后已释放一部分",
    "the chain shows {amount} used: more was endorsed, or some released": (
        "链上已用 {amount}：其后又有签注，或已释放一部分"
    ),
    # the status list
    "this kind of credential uses nothing up, and no status list says whether it still stands": (
        "此类凭证不占用任何额度，也没有状态列表说明其是否仍有效"
    ),
    "the status list is of no use: {reason}": "状态列表不可用：{reason}",
    "invalid in the status list of {time}": "{time} 的状态列表称其无效",
    "suspended in the status list of {time}": "{time} 的状态列表称其暂停",
    "the credential names no place in one": "凭证未指明其在列表中的位置",
    "a status list token has ASCII characters only, at most {limit}": "状态列表只含 ASCII 字符，至多 {limit} 个",
    "it is the list at {got}, the credential names {expected}": "它是 {got} 的列表，凭证所指为 {expected}",
    "its time {time} is yet to come": "其时间 {time} 尚未到来",
    "it expired at {time}": "已于 {time} 失效",
    "it is older ({time}) than the credential ({issued}): fetch it again": (
        "它（{time}）早于凭证（{issued}）：请重新取得"
    ),
    "the issuer's key was not in force at its time {time}": "签发方密钥在 {time} 不在有效期内",
    "value {value} is of no meaning here": "值 {value} 在此没有含义",
    "place {index} is behind the end of the list, which has {size}": "位置 {index} 超出列表末尾（共 {size} 个）",
    # the file, its issuer and its holder
    "step {number} failed": "第 {number} 步未通过",
    "the {group} group of {event} is not shown": "{event} 的 {group} 明细未披露",
    "the file has more than {limit} bytes": "文件超过 {limit} 字节",
    "an SD-JWT has ASCII characters only": "凭证（SD-JWT）只含 ASCII 字符",
    "an SD-JWT without key binding ends with ~": "凭证（SD-JWT）应以 ~ 结尾，此文件不是凭证或不完整",
    "a JWT has three parts": "JWT 应有三段，此文件不是凭证或不完整",
    "vct {vct} is not a kind of credential that this verifier knows": "本核验程序不识别凭证种类 {vct}",
    "the PDF is broken: {detail}": "PDF 已损坏或不完整：{detail}",
    "it does not end with startxref and %%EOF": "结尾不是 startxref 与 %%EOF",
    "the PDF holds no attachment named {name}": "PDF 内没有名为 {name} 的附件",
    "the PDF is encrypted or compressed, which ours never are": "PDF 被加密或压缩，而我方文件从不如此",
    "the PDF holds compressed objects, which ours never do": "PDF 含压缩对象，而我方文件从不如此",
    "the PDF's attachment does not decompress": "PDF 附件无法解压",
    "the PDF's attachment is cut off, or something follows it": "PDF 附件被截断，或其后另有内容",
    "the credential expires before it is issued": "凭证的失效时间早于签发时间",
    "issued at {time}, which is yet to come": "签发时间 {time} 尚未到来",
    "expired at {time}": "已于 {time} 失效",
    "issued before the block that it is anchored in": "签发时间早于锚定区块",
    "the issuer's key is valid from {first} to {last} only": "签发方密钥仅自 {first} 至 {last} 有效",
    "the end of time": "无期限",
    "party {party} is not an issuer": "{party} 号主体不是签发方",
    "the {who}'s signature does not hold": "{who}的签名不成立",
    "issuer": "签发方",
    "holder": "持有人",
    "it was not presented by its holder: the key-binding JWT that was asked for is missing": (
        "并非由持有人出示：缺少所要求的密钥绑定 JWT"
    ),
    "a key-binding JWT, but the credential names no holder's key": "有密钥绑定 JWT，而凭证未载明持有人密钥",
    "the key-binding JWT is for another reader": "密钥绑定 JWT 的对象是另一方",
    "the key-binding JWT answers another nonce": "密钥绑定 JWT 所答的随机数不同",
    "there is no key-binding JWT": "没有密钥绑定 JWT",
    "the key-binding JWT is of another presentation": "密钥绑定 JWT 属于另一次出示",
    "its holder signed for this presentation; ask the holder for one that shows less": (
        "持有人已就此次出示签名；请向持有人索取披露较少的凭证"
    ),
    # the command
    "No such file or directory": "没有该文件或目录",
    "Is a directory": "这是一个目录",
    "Permission denied": "没有权限",
    "a node is reached by http:// or https://": "节点地址须以 http:// 或 https:// 开头",
    "a log is written [<host>/]<chain id>/<contract>/<log id>": "日志写作 [<主机>/]<链编号>/<合约>/<日志编号>",
    "a log is written [<host>/]<chain id>/<contract>/<log id>, in lower-case hex": (
        "日志写作 [<主机>/]<链编号>/<合约>/<日志编号>，十六进制用小写"
    ),
    "the kept checkpoint is not UTF-8": "所留存的检查点不是 UTF-8 文本",
    "there is no group {name}": "没有名为 {name} 的明细组",
    "there is no kind {name}": "没有名为 {name} 的事件种类",
    "the following arguments are required: {names}": "缺少参数：{names}",
    "unrecognized arguments: {names}": "无法识别的参数：{names}",
    "one of the arguments {names} is required": "须给出其中一个参数：{names}",
    "argument {name}: expected one argument": "参数 {name} 须有一个值",
    "argument {name}: not allowed with argument {other}": "参数 {name} 不能与 {other} 同用",
    "argument {name}: invalid int value: {value}": "参数 {name} 须为整数，所给为 {value}",
    "argument {name}: invalid choice: {value} (choose from {choices})": (
        "参数 {name} 不能为 {value}（可选：{choices}）"
    ),
}
_BLANK = re.compile(r"\{(\w+)\}")


def reason_text(reason: str, language: str) -> str:
    """A reason in a language: as it was raised where the table does not have it."""
    return reason if language == "en" else in_zones(_in_chinese(reason), language)


def is_translated(reason: str) -> bool:
    """Whether the table has a reason."""
    return _find(reason) is not None


def _in_chinese(reason: str) -> str:
    found = _find(reason)
    if found is None:
        return reason
    chinese, facts = found
    return chinese.format(**{name: _in_chinese(fact) for name, fact in facts.items()})


def _find(reason: str) -> tuple[str, dict[str, str]] | None:
    if reason in REASONS:
        return REASONS[reason], {}
    return next(
        ((REASONS[template], found.groupdict()) for template, shape in _shapes() if (found := shape.match(reason))),
        None,
    )


@cache
def _shapes() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The templates with blanks, those with the most words first, so that the most precise one is found."""
    templates = sorted((t for t in REASONS if _BLANK.search(t)), key=lambda t: len(_BLANK.sub("", t)), reverse=True)
    return tuple((template, _shape(template)) for template in templates)


def _shape(template: str) -> re.Pattern[str]:
    parts = _BLANK.split(template)
    written = "".join(f"(?P<{part}>.+)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    return re.compile(written + r"\Z", re.DOTALL)
