// A browser without script: cookies, redirects and forms.
import { createHmac } from "node:crypto";

export const jar = new Map();

// Follows redirects until one leads to `callback`.
export function visitor(callback) {
  return async function visit(url, body) {
    for (;;) {
      const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
      const headers = { cookie, ...(body && { "content-type": "application/x-www-form-urlencoded" }) };
      const answer = await fetch(url, { method: body ? "POST" : "GET", headers, body, redirect: "manual" });
      for (const one of answer.headers.getSetCookie()) {
        const [, name, value] = /^([^=]+)=([^;]*)/.exec(one);
        jar.set(name, value);
      }
      const location = answer.headers.get("location");
      if (!location) return { url, html: await answer.text(), visit };
      url = new URL(location, url).href;
      body = undefined;
      if (url.startsWith(callback)) return { url, html: "", visit };
    }
  };
}

export const unescape = (text) => text.replaceAll("&amp;", "&").replaceAll("&#34;", '"').replaceAll("&#39;", "'");
export const screen = (page) => /data-screen="([^"]+)"/.exec(page.html)?.[1] ?? "";

export function submit(page, fields) {
  const form = new URLSearchParams({ action: "default" });
  for (const [input] of page.html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    form.set(/name="([^"]*)"/.exec(input)[1], unescape(/value="([^"]*)"/.exec(input)[1]));
  }
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return page.visit(new URL(unescape(/<form[^>]*action="([^"]*)"/.exec(page.html)[1]), page.url).href, form.toString());
}

export function totp(secret, later = 0) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30000) + later));
  const mac = createHmac("sha1", key).update(step).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1e6).padStart(6, "0");
}
