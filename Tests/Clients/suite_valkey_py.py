"""valkey-py of PyPI."""

import libraries
import suites


def run(options, checks):
    try:
        import valkey
    except ImportError:
        raise suites.Skipped("there is no valkey-py here; .ci/clients installs it") from None
    checks.notes.append(f"version {valkey.__version__}")
    libraries.run(options, checks, valkey, "Valkey")
