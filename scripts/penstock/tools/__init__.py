"""The programs that Penstock runs: where they are pinned, how they are found or built, and one adapter for each."""
