"""Photograph the bakery page: python docs/images/bakery_page.py (needs Playwright and an installed Chromium)."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

COMMAND = [sys.executable, "-c", "from otkit.cli import main; main()", "bakery", "--serve", "--no-open", "--port", "0"]
SETTLED = "main[aria-busy=false]"

with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, text=True) as server, sync_playwright() as playwright:
    url = server.stdout.readline().strip()
    chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
    page = chromium.new_page(viewport={"width": 1200, "height": 780}, color_scheme="light")
    page.goto(url)
    page.locator("#choices input[value=manhattan]").check(force=True)
    page.wait_for_selector(SETTLED)
    page.screenshot(path=Path(__file__).with_name("bakery-page.png"))
    chromium.close()
    server.send_signal(signal.SIGINT)
