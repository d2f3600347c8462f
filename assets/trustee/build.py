"""Makes trustee.html, one file that needs no other, from the files beside this one. `assets/build.sh` calls it."""

import base64
import hashlib
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
MODULES = ("bytes", "hpke", "log", "keyfile", "rule", "manifest", "lists", "views", "page")
"""In the order in which they stand in the page; each imports only from those before it."""

IMPORT = re.compile(r"^import \{[^}]*\} from '\./(\w+)\.js';\n", re.M)
DECLARED = re.compile(r"^(?:async )?(?:const|let|class|function) (?:\{|\[)?\s*(\w+)", re.M)


def script(folder: Path = HERE) -> str:
    """Every module in one, without imports and exports; refuses a name that two of them declare."""
    parts, names = [], set[str]()
    for place, module in enumerate(MODULES):
        text = (folder / f"{module}.js").read_text(encoding="utf-8")
        later = {found for found in IMPORT.findall(text) if found not in MODULES[:place]}
        body = re.sub(r"^export ", "", IMPORT.sub("", text), flags=re.M)
        twice = names & set(DECLARED.findall(body))
        if later or twice or "import " in re.sub(r"//.*", "", body):
            raise ValueError(f"{module}.js: imports {sorted(later)} too early, or declares {sorted(twice)} again")
        names |= set(DECLARED.findall(body))
        parts.append(f"// ==== {module}.js ====\n\n{body.strip()}\n")
    return '\n"use strict";\n(() => {\n\n' + "\n".join(parts) + "\n})();\n"


def page(folder: Path = HERE) -> bytes:
    """The whole page, with the policy that lets nothing run or load but what is in it."""
    filled = {"style": "\n" + (folder / "page.css").read_text(encoding="utf-8"), "script": script(folder)}
    if "</script" in filled["script"] or "</style" in filled["style"]:
        raise ValueError("The page would end too early.")
    sums = {name: base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for name, text in filled.items()}
    filled["policy"] = (
        f"default-src 'none'; script-src 'sha256-{sums['script']}'; style-src 'sha256-{sums['style']}'; "
        "base-uri 'none'; form-action 'none'"
    )
    text = (folder / "page.html").read_text(encoding="utf-8")
    return re.sub(r"\{\{ (\w+) \}\}", lambda found: filled[found[1]], text).encode()


if __name__ == "__main__":
    sys.stdout.buffer.write(page())
