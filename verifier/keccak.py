"""Keccak-256 as Ethereum uses it (padding 0x01, before FIPS 202 changed it to 0x06).

``cryptography`` offers SHA3-256 only, so the permutation is written out here. Where the C extension ``sha3``
(safe-pysha3) is installed it is used instead; a test holds the two equal.
"""

import struct

_MASK = (1 << 64) - 1
_RATE = 136
_BLOCK = struct.Struct("<17Q")
_DIGEST = struct.Struct("<4Q")


def _round_constants() -> list[int]:
    """The constants of ι, from the linear feedback register of FIPS 202 §3.2.5."""
    constants, register = [], 1
    for _ in range(24):
        constant = 0
        for j in range(7):
            if register & 1:
                constant |= 1 << ((1 << j) - 1)
            register = (register << 1) ^ (0x171 if register & 0x80 else 0)
        constants.append(constant)
    return constants


_CONSTANTS = _round_constants()


def _permute(lanes: list[int]) -> list[int]:
    """Keccak-f[1600] (FIPS 202 §3.3). Written out lane by lane: loops take 1.7 times as long."""
    a0, a1, a2, a3, a4 = lanes[0:5]
    a5, a6, a7, a8, a9 = lanes[5:10]
    a10, a11, a12, a13, a14 = lanes[10:15]
    a15, a16, a17, a18, a19 = lanes[15:20]
    a20, a21, a22, a23, a24 = lanes[20:25]
    for constant in _CONSTANTS:
        # θ: each lane takes up the parity of two columns.
        c0 = a0 ^ a5 ^ a10 ^ a15 ^ a20
        c1 = a1 ^ a6 ^ a11 ^ a16 ^ a21
        c2 = a2 ^ a7 ^ a12 ^ a17 ^ a22
        c3 = a3 ^ a8 ^ a13 ^ a18 ^ a23
        c4 = a4 ^ a9 ^ a14 ^ a19 ^ a24
        d0 = c4 ^ (c1 << 1 & _MASK | c1 >> 63)
        d1 = c0 ^ (c2 << 1 & _MASK | c2 >> 63)
        d2 = c1 ^ (c3 << 1 & _MASK | c3 >> 63)
        d3 = c2 ^ (c4 << 1 & _MASK | c4 >> 63)
        d4 = c3 ^ (c0 << 1 & _MASK | c0 >> 63)
        # ρ and π: each lane is rotated and moved.
        b0 = a0 ^ d0
        b1 = ((t := a6 ^ d1) << 44 | t >> 20) & _MASK
        b2 = ((t := a12 ^ d2) << 43 | t >> 21) & _MASK
        b3 = ((t := a18 ^ d3) << 21 | t >> 43) & _MASK
        b4 = ((t := a24 ^ d4) << 14 | t >> 50) & _MASK
        b5 = ((t := a3 ^ d3) << 28 | t >> 36) & _MASK
        b6 = ((t := a9 ^ d4) << 20 | t >> 44) & _MASK
        b7 = ((t := a10 ^ d0) << 3 | t >> 61) & _MASK
        b8 = ((t := a16 ^ d1) << 45 | t >> 19) & _MASK
        b9 = ((t := a22 ^ d2) << 61 | t >> 3) & _MASK
        b10 = ((t := a1 ^ d1) << 1 | t >> 63) & _MASK
        b11 = ((t := a7 ^ d2) << 6 | t >> 58) & _MASK
        b12 = ((t := a13 ^ d3) << 25 | t >> 39) & _MASK
        b13 = ((t := a19 ^ d4) << 8 | t >> 56) & _MASK
        b14 = ((t := a20 ^ d0) << 18 | t >> 46) & _MASK
        b15 = ((t := a4 ^ d4) << 27 | t >> 37) & _MASK
        b16 = ((t := a5 ^ d0) << 36 | t >> 28) & _MASK
        b17 = ((t := a11 ^ d1) << 10 | t >> 54) & _MASK
        b18 = ((t := a17 ^ d2) << 15 | t >> 49) & _MASK
        b19 = ((t := a23 ^ d3) << 56 | t >> 8) & _MASK
        b20 = ((t := a2 ^ d2) << 62 | t >> 2) & _MASK
        b21 = ((t := a8 ^ d3) << 55 | t >> 9) & _MASK
        b22 = ((t := a14 ^ d4) << 39 | t >> 25) & _MASK
        b23 = ((t := a15 ^ d0) << 41 | t >> 23) & _MASK
        b24 = ((t := a21 ^ d1) << 2 | t >> 62) & _MASK
        # χ, and ι on the first lane: each lane takes up the next two of its row.
        a0 = b0 ^ ~b1 & b2 ^ constant
        a1 = b1 ^ ~b2 & b3
        a2 = b2 ^ ~b3 & b4
        a3 = b3 ^ ~b4 & b0
        a4 = b4 ^ ~b0 & b1
        a5 = b5 ^ ~b6 & b7
        a6 = b6 ^ ~b7 & b8
        a7 = b7 ^ ~b8 & b9
        a8 = b8 ^ ~b9 & b5
        a9 = b9 ^ ~b5 & b6
        a10 = b10 ^ ~b11 & b12
        a11 = b11 ^ ~b12 & b13
        a12 = b12 ^ ~b13 & b14
        a13 = b13 ^ ~b14 & b10
        a14 = b14 ^ ~b10 & b11
        a15 = b15 ^ ~b16 & b17
        a16 = b16 ^ ~b17 & b18
        a17 = b17 ^ ~b18 & b19
        a18 = b18 ^ ~b19 & b15
        a19 = b19 ^ ~b15 & b16
        a20 = b20 ^ ~b21 & b22
        a21 = b21 ^ ~b22 & b23
        a22 = b22 ^ ~b23 & b24
        a23 = b23 ^ ~b24 & b20
        a24 = b24 ^ ~b20 & b21
    rows = (
        (a0, a1, a2, a3, a4),
        (a5, a6, a7, a8, a9),
        (a10, a11, a12, a13, a14),
        (a15, a16, a17, a18, a19),
        (a20, a21, a22, a23, a24),
    )
    return [lane for row in rows for lane in row]


def keccak256_pure(data: bytes) -> bytes:
    """Keccak-256 of ``data``, 32 bytes, in Python alone."""
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % _RATE))
    padded[-1] |= 0x80
    lanes = [0] * 25
    for block in _BLOCK.iter_unpack(padded):
        for i, word in enumerate(block):
            lanes[i] ^= word
        lanes = _permute(lanes)
    return _DIGEST.pack(*lanes[:4])


try:
    from sha3 import keccak_256 as _keccak_256
except ImportError:  # the verifier runs without the extension, only slower
    keccak256 = keccak256_pure
else:

    def keccak256(data: bytes) -> bytes:
        """Keccak-256 of ``data``, 32 bytes."""
        return bytes(_keccak_256(data).digest())
