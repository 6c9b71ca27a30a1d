"""The widget's source, read by the tools that its trade has for that."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NODE = ROOT / "build/node"
WIDGET = "web/static/widget.js"


def complaints(tool: str, *arguments: str) -> str:
    """What a tool from npm has to say of the widget; it says nothing where all is well."""
    node, script = shutil.which("node"), NODE / "node_modules" / tool
    if not node or not script.exists():
        pytest.skip(f"needs {script.name}: make node-tools")
    command = [node, str(script), *arguments, WIDGET]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    return done.stdout + done.stderr


def test_eslint_has_nothing_to_say() -> None:
    config = str(NODE / "eslint.config.mjs")
    assert complaints("eslint/bin/eslint.js", "--max-warnings=0", f"--config={config}") == ""


def test_the_types_fit() -> None:
    target = ("--target", "es2024", "--lib", "es2024,dom,dom.iterable")
    assert complaints("typescript/bin/tsc", "--noEmit", "--allowJs", "--checkJs", *target) == ""
