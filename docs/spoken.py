"""Records what a call says: `python docs/spoken.py` writes src/yett/adapters/deliver/spoken/, where espeak-ng and sox are installed.

Only for whoever adds a language or changes the words; what it made is kept with the code.
"""

import subprocess
import tempfile
from pathlib import Path

from yett.adapters.deliver.rtp import RECORDINGS
from yett.adapters.deliver.words import NOTICE, SPOKEN

VOICES = {"en": "en-us", "de": "de"}
DIGITS = {
    "en": ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"],
    "de": ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"],
}


def main() -> None:
    """Every phrase of every language, as G.711 (PCMU) of 8 kHz without a head."""
    for language, (_, once, again) in SPOKEN.items():
        folder = RECORDINGS / language
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in {**dict(zip("0123456789", DIGITS[language], strict=True)), "once": once, "again": again, "notice": NOTICE[language]}.items():
            record(text, VOICES[language], folder / f"{name}.ulaw")


def record(text: str, voice: str, to: Path) -> None:
    """One phrase, without the silence around it."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as spoken:
        subprocess.run(["espeak-ng", "-v", voice, "-s", "135", "-w", spoken.name, text], check=True)
        trim = ["silence", "1", "0.01", "0.3%", "reverse", "silence", "1", "0.01", "0.3%", "reverse"]
        shape = ["-r", "8000", "-c", "1", "-e", "mu-law", "-b", "8", "-t", "raw"]
        subprocess.run(["sox", "-G", "-D", spoken.name, *shape, to, *trim], check=True)


if __name__ == "__main__":
    main()
