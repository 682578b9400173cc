"""`python -m solvent.cli`: the same as the `solvent` script."""

from solvent.cli import main

main()
