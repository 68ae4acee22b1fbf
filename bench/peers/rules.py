"""The rules adapter of the source system over feature vectors: how often each rule fires, and how many vectors a second."""

import asyncio
import importlib
import importlib.util
import json
import logging
import sys
import time
import types
from datetime import datetime
from pathlib import Path

# Its packages load everything it has; only the adapter is wanted.
NAME = "market_data_pipeline"
root = Path(importlib.util.find_spec(NAME).submodule_search_locations[0])
for part in ("", ".streaming", ".streaming.inference", ".streaming.inference.adapters"):
    package = types.ModuleType(NAME + part)
    package.__path__ = [str(root / part.strip(".").replace(".", "/"))]
    sys.modules[package.__name__] = package
module = importlib.import_module(f"{NAME}.streaming.inference.adapters.rules")
# It forgets to import what it ends with.
module.datetime = datetime
logging.disable(logging.CRITICAL)


async def main():
    vectors = json.load(sys.stdin)
    adapter = module.RulesAdapter()
    fired = {rule["name"]: 0 for rule in adapter.rules}
    begun = time.process_time()
    for vector in vectors:
        for signal in await adapter.evaluate("X", vector):
            fired[signal.name] += 1
    seconds = time.process_time() - begun
    print(json.dumps({"fired": fired, "vectors_per_s": len(vectors) / seconds}))


asyncio.run(main())
