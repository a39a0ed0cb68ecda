"""HTTP: parse, call flow, render."""
