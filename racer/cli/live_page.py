"""The page of ``racer watch --live``: files in a folder that a browser keeps fresh by itself.

A page from a file may not fetch other files, but it may load scripts and pictures: so the state is
a script that the page loads twice a second, and pictures are named by their version.
"""

import html
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>racer live: {title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ font: 16px/1.5 system-ui, sans-serif; margin: 1.5rem auto; max-width: 1200px;
         padding: 0 1rem; }}
  h1 {{ font-size: 1.3rem; margin: 0; }}
  #status {{ opacity: .75; margin: 0 0 1rem; }}
  #headline {{ font-size: 1.3rem; font-weight: 600; margin: .5rem 0; white-space: pre-line; }}
  #error {{ color: #c1272d; font-family: ui-monospace, monospace; white-space: pre-wrap; }}
  ul {{ padding-left: 1.2rem; margin: .5rem 0; }}
  main {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(400px, 1fr)); gap: 1rem; }}
  figure {{ margin: 0; }}
  figcaption {{ opacity: .75; }}
  img {{ width: 100%; border-radius: 6px; background: #fff; }}
  table {{ border-collapse: collapse; margin-top: 1rem; }}
  th, td {{ padding: .15rem .9rem .15rem 0; text-align: right; }}
  th:nth-child(2), td:nth-child(2) {{ text-align: left; }}
</style>
<h1>{title}</h1>
<p id="status">waiting for the first result</p>
<p id="headline"></p>
<div id="error"></div>
<div id="checked"></div>
<ul id="findings"></ul>
<main id="pictures"></main>
<table id="history"></table>
<script>
  let shown = -1;
  function show(state) {{
    if (state.revision === shown) return;
    shown = state.revision;
    const put = (id, text) => document.getElementById(id).textContent = text;
    put("status", state.status);
    put("headline", state.headline);
    put("error", state.error);
    put("checked", state.checked);
    const fill = (id, nodes) => document.getElementById(id).replaceChildren(...nodes);
    const make = (tag, text) => Object.assign(document.createElement(tag), {{textContent: text}});
    fill("findings", state.findings.map(text => make("li", text)));
    fill("pictures", state.pictures.map(picture => {{
      const figure = document.createElement("figure");
      const image = Object.assign(document.createElement("img"),
                                  {{src: picture.file, alt: picture.caption}});
      figure.append(image, make("figcaption", picture.caption));
      return figure;
    }}));
    fill("history", state.history.map((row, index) => {{
      const line = document.createElement("tr");
      line.append(...row.map(cell => make(index ? "td" : "th", cell)));
      return line;
    }}));
  }}
  function load() {{
    const script = document.createElement("script");
    script.src = "state.js?" + Date.now();
    script.onload = script.onerror = () => {{ script.remove(); setTimeout(load, 500); }};
    document.head.append(script);
  }}
  load();
</script>
</html>
"""

HISTORY_HEAD = ["version", "saved", "laps finished", "lap time", "steps", "check"]


@dataclass
class Page:
    """What the browser shows; ``write`` brings it there."""

    folder: Path
    """Holds index.html, state.js, and a folder for each version."""
    title: str
    """The reward file."""
    status: str = ""
    """What is being done now."""
    headline: str = ""
    """What came of the last version."""
    error: str = ""
    """Why the last version could not be trained."""
    checked: str = ""
    """Which version the findings and the line-up are of."""
    findings: list[str] = field(default_factory=list)
    """What the check says of it."""
    pictures: list[dict[str, str]] = field(default_factory=list)
    """``file`` relative to the folder, and ``caption``."""
    history: list[list[str]] = field(default_factory=lambda: [HISTORY_HEAD])
    """The table of all versions, its head first."""
    revision: int = 0

    def begin(self) -> Path:
        """Write the page itself, and return where it is."""
        path = self.folder / "index.html"
        path.write_text(_PAGE.format(title=html.escape(self.title)), "utf-8")
        self.write()
        return path

    def write(self) -> None:
        """Let the browser see what is new."""
        self.revision += 1
        state: dict[str, Any] = asdict(self)
        del state["folder"]
        temporary = self.folder / ".state.js"
        temporary.write_text(f"show({json.dumps(state)});\n", "utf-8")
        temporary.replace(self.folder / "state.js")
