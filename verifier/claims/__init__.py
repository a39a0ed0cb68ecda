"""What credentials claim, kind by kind: each file computes the figures of one kind from the events alone.

The service drafts with these functions and the verifier recomputes with them (step 8), so a figure that does not follow
from the events can neither be issued nor pass.
"""
