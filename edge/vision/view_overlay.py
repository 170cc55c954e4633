"""A calibrated view drawn into its picture, to be checked by eye; and a page on which corners are clicked."""

from __future__ import annotations

import base64
import html
import json
from string import Template

import cv2
import numpy as np

from edge.samples import Rgb
from edge.vision.picture import encode_jpeg
from edge.vision.shelf_view import ShelfView

LINE, AREA = (40, 220, 60), (250, 190, 30)  # RGB


def overlay(picture: Rgb, view: ShelfView) -> Rgb:
    """The picture with every plate's slot and name, and the area that is looked at."""
    drawn = np.ascontiguousarray(picture.copy())
    area = view.area
    corner = (area.left + area.width - 1, area.top + area.height - 1)
    cv2.rectangle(drawn, (area.left, area.top), corner, AREA, 1)
    for plate in view.plates:
        slot = np.round(view.slot(plate)).astype(np.int32)
        cv2.polylines(drawn, [slot], True, LINE, 2)
        x, y = slot[3]
        name = plate.rpartition("/")[2]
        cv2.putText(drawn, name, (int(x) + 6, int(y) - 8), cv2.FONT_HERSHEY_SIMPLEX, 0.6, LINE, 2)
    return drawn


def click_page(picture: Rgb, camera: str, command: str) -> str:
    """A page for any browser: four clicks give the command that calibrates the view."""
    return _PAGE.substitute(
        camera=html.escape(camera),
        picture=base64.b64encode(encode_jpeg(picture, 90)).decode(),
        command=json.dumps(command).replace("<", "\\u003c"),
    )


_PAGE = Template("""<!doctype html>
<meta charset="utf-8">
<title>View of $camera</title>
<style>
  body { font: 16px system-ui, sans-serif; margin: 1rem }
  canvas { cursor: crosshair; max-width: none }
  output { font-family: monospace; user-select: all }
</style>
<h1>View of $camera</h1>
<p>Click the corners of the area that the plates span, as you face the shelf: <b id="next"></b>.
Escape begins anew.</p>
<p><output id="command"></output></p>
<canvas id="picture"></canvas>
<script>
const names = ["top left", "top right", "bottom right", "bottom left"];
const canvas = document.getElementById("picture"), pen = canvas.getContext("2d");
const picture = new Image();
let corners = [];
function draw() {
  pen.drawImage(picture, 0, 0);
  pen.strokeStyle = pen.fillStyle = "#28dc3c";
  pen.lineWidth = 2;
  pen.beginPath();
  corners.forEach(([x, y]) => pen.lineTo(x, y));
  pen.closePath();
  pen.stroke();
  corners.forEach(([x, y]) => pen.fillRect(x - 3, y - 3, 7, 7));
  document.getElementById("next").textContent = names[corners.length] ?? "done";
  document.getElementById("command").textContent = corners.length < 4 ? ""
    : $command + ' --corners "' + corners.map(corner => corner.join(",")).join(" ") + '"';
}
picture.onload = () => { canvas.width = picture.width; canvas.height = picture.height; draw(); };
picture.src = "data:image/jpeg;base64,$picture";
canvas.onclick = click => {
  const box = canvas.getBoundingClientRect();
  const at = [click.clientX - box.left, click.clientY - box.top];
  if (corners.length < 4) corners.push(at.map(Math.round));
  draw();
};
document.onkeydown = key => { if (key.key === "Escape") { corners = []; draw(); } };
</script>
""")
