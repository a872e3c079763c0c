"""redis-py of PyPI."""

import libraries
import suites


def run(options, checks):
    try:
        import redis
    except ImportError:
        raise suites.Skipped("there is no redis-py here; .ci/clients installs it") from None
    checks.notes.append(f"version {redis.__version__}")
    libraries.run(options, checks, redis, "Redis")
