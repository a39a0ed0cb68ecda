"""Pure rules: kinds, events, lots, batches. No I/O, no clock."""
