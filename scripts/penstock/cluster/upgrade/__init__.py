"""The rehearsal of a change on a temporary cluster: from base to head and back, with the real Flux."""
