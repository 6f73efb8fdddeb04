"""What a person sees of the dashboard: `python browser.py URL CHROMIUM PICTURE` prints the texts of each year, and what goes wrong on the page."""

import json
import sys

from playwright.sync_api import sync_playwright

url, chromium, picture = sys.argv[1:]
years, noises = {}, []

with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path=chromium)
    page = browser.new_page(viewport={"width": 1100, "height": 1000})
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: noises.append(str(error)))
    page.on("console", lambda message: noises.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: None if request.url.startswith((url, "data:", "blob:")) else noises.append(f"loads {request.url}"))
    page.goto(url)
    page.wait_for_selector("#chart .bars .point")
    for label in page.locator("#year label").all():
        year = label.inner_text().strip()
        label.click()
        page.wait_for_function("year => document.querySelector('#shown').innerText === year", arg=year)
        page.wait_for_timeout(300)
        years[year] = {id: page.inner_text(f"#{id}") for id in ("revenue", "orders", "product", "run")}
        years[year]["bars"] = page.locator("#chart .bars .point").count()
        years[year]["errors"] = [row.locator("td").all_inner_texts() for row in page.locator("#errors tr").all()[1:]]
    page.screenshot(path=picture)
    browser.close()

print(json.dumps({"years": years, "noises": noises}))
