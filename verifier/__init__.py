"""Checks Cangsu credentials offline, trusting nobody.

This package imports nothing of the service. The formats that both sides share (kinds, records, tree, disclosures)
live here, so that what a bank runs is also what the service builds with. It needs ``cryptography`` and nothing else.
"""
