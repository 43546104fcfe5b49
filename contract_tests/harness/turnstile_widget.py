"""The browser's part of Turnstile as played here: a script that opens a frame, which is solved at once."""

from __future__ import annotations

SCRIPT = """
const base = new URL(".", document.currentScript.src);
window.turnstile = {
  render(container, options) {
    const element = typeof container === "string" ? document.querySelector(container) : container;
    const frame = document.createElement("iframe");
    const asked = {sitekey: options.sitekey, action: options.action || "", hostname: location.hostname};
    frame.title = "Widget of the tests";
    const open = () => { frame.src = new URL("widget?" + new URLSearchParams(asked), base).href; };
    window.addEventListener("message", (event) => {
      if (event.source !== frame.contentWindow || event.origin !== base.origin) return;
      if (event.data.token) options.callback?.(event.data.token); else options["error-callback"]?.("110200");
    });
    open();
    element.append(frame);
    this.widgets.push(open);
    return String(this.widgets.length - 1);
  },
  reset(id) { this.widgets[Number(id ?? 0)]?.(); },
  remove() {},
  ready(callback) { callback(); },
  widgets: [],
};
const loaded = new URL(document.currentScript.src).searchParams.get("onload");
if (loaded) window[loaded]?.();
"""
FRAME = "<!doctype html><title>Widget</title><script>parent.postMessage({token: TOKEN}, '*')</script>"
