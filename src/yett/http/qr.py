"""QR codes as inline SVG: attributes only, no style, on white with its quiet zone, so that they scan in dark mode too."""

from io import BytesIO

from markupsafe import Markup


def qr(text: str) -> Markup:
    """The picture of `text`; medium error correction."""
    import segno  # only enrolment needs it

    drawn = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, dark="#000", light="#fff", svgclass="qr", lineclass=None, nl=False)
    return Markup(drawn.getvalue().decode())  # noqa: S704 - drawn by segno: `text` is in the modules, never in the markup
