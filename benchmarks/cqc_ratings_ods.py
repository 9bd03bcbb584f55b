"""Time and memory of reading "Latest ratings" as CQC publishes it: an ods of about 320,000 rows.

    python benchmarks/cqc_ratings_ods.py [rows]

Makes a file of the published layout, reads it in a process of its own with `load_cqc_ratings`, and, where odfpy is
installed, with ``pandas.read_excel(engine="odf")`` on a smaller file, scaled by its rows.
"""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

COLUMNS = [
    "Location ID", "Location ODS Code", "Location Name", "Care Home?", "Location Type",
    "Location Primary Inspection Category", "Location Street Address", "Location Address Line 2", "Location City",
    "Location Post Code", "Location Local Authority", "Location Region", "Location NHS Region",
    "Location ONSPD CCG Code", "Location ONSPD CCG", "Location Commissioning CCG Code",
    "Location Commissioning CCG Name", "Service / Population Group", "Domain", "Latest Rating", "Publication Date",
    "Report Type", "Inherited Rating (Y/N)", "URL", "Provider ID", "Provider Name", "Brand ID", "Brand Name",
]  # fmt: skip
GROUPS = ["Overall", "Older people", "People with long term conditions", "Families, children and young people"]
DOMAINS = ["Safe", "Effective", "Caring", "Responsive", "Well-led", "Overall"]
RATINGS = ["Good", "Good", "Outstanding", "Requires improvement", "Inadequate", "Not Rated"]
HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content'
    ' xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"><office:body>'
    '<office:spreadsheet><table:table table:name="Locations">'
)
TAIL = "</table:table></office:spreadsheet></office:body></office:document-content>"
MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest'
    ' xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0" manifest:version="1.2">'
    '<manifest:file-entry manifest:full-path="/"'
    ' manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
)


def values(rows: int) -> Iterator[list[str]]:
    yield COLUMNS
    for k in range(rows):
        location, at = divmod(k, 24)
        gp = location % 2 == 0
        code = f"{'ABCDEFGHJKLMNPY'[location % 15]}{location:05d}" if gp else ""
        yield [
            f"1-{10_000_000 + location}", code, f"Practice number {location}", "N", "Primary Medical Services",
            "GP Practices" if gp else "Community based adult social care services", f"{location % 300} High Street",
            "Middle Quarter", "Luton", "LU1 1AA", "Luton", "East of England", "East of England", "E38000010",
            "NHS Bedfordshire CCG", "06F", "NHS Bedfordshire, Luton and Milton Keynes ICB", GROUPS[at // 6],
            DOMAINS[at % 6], RATINGS[(location + at) % 6], "28/02/2023", "Location", "N",
            f"https://www.example.org/location/1-{10_000_000 + location}", f"1-{location}", "Drs A and B", "-", "-",
        ]  # fmt: skip


def write_ods(path: Path, rows: int) -> None:
    """Write `rows` rows of the published layout as a minimal OpenDocument spreadsheet."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        with archive.open("content.xml", "w", force_zip64=True) as stream:
            stream.write(HEAD.encode())
            for row in values(rows):
                cells = "".join(
                    f'<table:table-cell office:value-type="string"><text:p>{c}</text:p></table:table-cell>' for c in row
                )
                stream.write(f"<table:table-row>{cells}</table:table-row>".encode())
            stream.write(TAIL.encode())


OURS = """
import sys, time
from resilience_stats.loaders import load_cqc_ratings
from resilience_stats.report.memory import own_peak_memory
start = time.perf_counter()
frame = load_cqc_ratings(sys.argv[1])
print(time.perf_counter() - start, own_peak_memory(), len(frame))
"""
PEER = """
import sys, time
import pandas as pd
start = time.perf_counter()
frame = pd.read_excel(sys.argv[1], engine="odf")
print(time.perf_counter() - start, len(frame))
"""


def run(code: str, path: Path) -> list[float]:
    out = subprocess.run([sys.executable, "-c", code, str(path)], check=True, capture_output=True, text=True).stdout
    return [float(x) for x in out.split()]


def main(rows: int = 320_000) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.ods"
        start = time.perf_counter()
        write_ods(path, rows)
        print(f"made {rows} rows, {path.stat().st_size / 1e6:.0f} MB, in {time.perf_counter() - start:.0f} s")
        seconds, memory, used = run(OURS, path)
        print(f"ours: {seconds:.1f} s, peak {memory:.0f} MB, {used:.0f} rows of GP practices")
        if importlib.util.find_spec("odf") is None:
            print("peer: odfpy is not installed")
            return
        small = Path(folder) / "small.ods"
        write_ods(small, rows // 20)
        peer, _ = run(PEER, small)
        whole = 20 * peer
        print(
            f"pandas with odfpy: {peer:.1f} s for a twentieth, so about {whole:.0f} s; {whole / seconds:.0f} times ours"
        )


if __name__ == "__main__":
    main(*(int(a) for a in sys.argv[1:2]))
