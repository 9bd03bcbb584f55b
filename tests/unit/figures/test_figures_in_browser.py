"""In a browser: no text of a figure lies on another text or outside the drawing."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from resilience_stats.figures import Figure

CHROMIUM = shutil.which("chromium")
SCRIPT = """<script>
const report = {};
for (const svg of document.querySelectorAll('figure > svg')) {
  const frame = svg.getBoundingClientRect(), found = [];
  const boxes = [...svg.querySelectorAll('text')].map(t => [t.textContent.trim(), t.getBoundingClientRect()])
    .filter(([text, box]) => text && box.width > 0);
  boxes.forEach(([text, a], i) => {
    if (a.left < frame.left - 1 || a.right > frame.right + 1 || a.top < frame.top - 1 || a.bottom > frame.bottom + 1)
      found.push('cut off: ' + text);
    boxes.slice(i + 1).forEach(([other, b]) => {
      const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (wide > 2 && high > 5) found.push(text + ' on ' + other);
    });
  });
  report[svg.closest('figure').id] = found;
}
document.body.innerHTML = '<pre id="report"></pre>';
document.getElementById('report').textContent = JSON.stringify(report);
</script>"""


@pytest.mark.needs_browser
@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")
def test_no_text_lies_on_another_or_is_cut_off(gallery: dict[str, Figure], tmp_path: Path) -> None:
    page = tmp_path / "figures.html"
    body = "\n".join(figure.to_html() for figure in gallery.values())
    page.write_text(
        f'<!doctype html><html lang="en-GB"><meta charset="utf-8"><body>{body}{SCRIPT}</body></html>', "utf-8"
    )
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,900", "--dump-dom"]
    command = [str(CHROMIUM), *options, page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    held = re.search(r'<pre id="report">(.*?)</pre>', done.stdout, re.DOTALL)
    assert held is not None
    report = json.loads(held.group(1).replace("&amp;", "&").replace("&gt;", ">").replace("&lt;", "<"))
    assert len(report) == len(gallery)
    assert {name: found for name, found in report.items() if found} == {}
