"""Keccak-256 as Ethereum uses it (padding 0x01, before FIPS 202 changed it to 0x06).

``cryptography`` offers SHA3-256 only, so the permutation is written out here. Where the C extension ``sha3``
(safe-pysha3) is installed it is used instead; a test holds the two equal.
"""

_MASK = (1 << 64) - 1
_RATE = 136


def _round_constants() -> list[int]:
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


def _rotations() -> list[tuple[int, int]]:
    """(destination lane, bits) for each of the 24 lanes moved by ρ and π, starting at lane 1."""
    steps, x, y = [], 1, 0
    for t in range(24):
        x, y = y, (2 * x + 3 * y) % 5
        steps.append((x + 5 * y, (t + 1) * (t + 2) // 2 % 64))
    return steps


_CONSTANTS = _round_constants()
_ROTATIONS = _rotations()


def _permute(lanes: list[int]) -> None:
    for constant in _CONSTANTS:
        c = [lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20] for x in range(5)]
        d = [c[x - 1] ^ ((c[(x + 1) % 5] << 1 | c[(x + 1) % 5] >> 63) & _MASK) for x in range(5)]
        for i in range(25):
            lanes[i] ^= d[i % 5]
        current = lanes[1]
        for destination, bits in _ROTATIONS:
            lanes[destination], current = (current << bits | current >> (64 - bits)) & _MASK, lanes[destination]
        for row in range(0, 25, 5):
            a, b, e, f, g = lanes[row : row + 5]
            lanes[row] = a ^ (~b & e)
            lanes[row + 1] = b ^ (~e & f)
            lanes[row + 2] = e ^ (~f & g)
            lanes[row + 3] = f ^ (~g & a)
            lanes[row + 4] = g ^ (~a & b)
        lanes[0] ^= constant


def keccak256_pure(data: bytes) -> bytes:
    """Keccak-256 of ``data``, 32 bytes, in Python alone."""
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % _RATE))
    padded[-1] |= 0x80
    lanes = [0] * 25
    for start in range(0, len(padded), _RATE):
        for i in range(_RATE // 8):
            offset = start + 8 * i
            lanes[i] ^= int.from_bytes(padded[offset : offset + 8], "little")
        _permute(lanes)
    return b"".join(lane.to_bytes(8, "little") for lane in lanes[:4])


try:
    from sha3 import keccak_256 as _keccak_256
except ImportError:  # the verifier runs without the extension, only slower
    keccak256 = keccak256_pure
else:

    def keccak256(data: bytes) -> bytes:
        """Keccak-256 of ``data``, 32 bytes."""
        return bytes(_keccak_256(data).digest())
