"""The Cangsu service: takes events in, anchors them on chain, issues credentials."""
