// Comfort, never necessity: every page works without this file.

const all = (selector) => document.querySelectorAll(selector);
const named = (id) => document.getElementById(id);

// A code: strip what a paste brings along, and send it once when it is complete.
for (const box of all(".code")) {
  const input = box.querySelector("input");
  const digits = Number(box.dataset.digits);
  const slots = box.querySelector(".slots");
  let sent = false;
  const point = () => [...slots.children].forEach((slot, place) => slot.classList.toggle("at", place === Math.min(input.value.length, digits - 1)));
  slots.classList.add("live");
  point();
  input.addEventListener("input", () => {
    const typed = input.value.normalize("NFKC").replace(/\D/g, "").slice(0, digits);
    if (typed !== input.value) input.value = typed;
    point();
    if (typed.length !== digits || sent) return;
    sent = true;
    input.form.requestSubmit(input.form.querySelector("button.main"));
  });
}

// A code by text message: the browser may hand it over (WebOTP), if its owner says so.
const awaited = named("code");
if (awaited?.dataset.arrives === "sms" && "OTPCredential" in globalThis) {
  const over = new AbortController();
  awaited.form.addEventListener("submit", () => over.abort());
  const arrived = (found) => {
    awaited.value = found.code;
    awaited.dispatchEvent(new Event("input"));
  };
  navigator.credentials.get({ otp: { transport: ["sms"] }, signal: over.signal }).then(arrived, () => {});
}

// What this browser cannot do is marked, and comes last; it can be chosen all the same.
const needing = [...all("[data-needs]")];
if (needing.length) {
  const key = "PublicKeyCredential" in globalThis;
  const device = key && (await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable?.().catch(() => false));
  const can = { key, device };
  for (const button of needing.filter((one) => !can[one.dataset.needs])) {
    button.querySelector(".quiet").textContent = button.dataset.cannot;
    if (!button.contains(document.activeElement)) button.closest("ul").append(button.closest("li"));
  }
}

// Whoever keeps passkeys in this browser is told which the account still accepts, and what it is called (WebAuthn Level 3, 5.1.10).
for (const one of JSON.parse(document.querySelector("[data-signals]")?.dataset.signals ?? "[]")) {
  const { rpId, userId, name, displayName, allAcceptedCredentialIds } = one;
  globalThis.PublicKeyCredential?.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds }).catch(() => {});
  globalThis.PublicKeyCredential?.signalCurrentUserDetails?.({ rpId, userId, name, displayName }).catch(() => {});
}

// A form is sent once, however often its button is pressed; Back makes it whole again.
for (const form of all("form")) {
  form.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (form.classList.contains("sent") || button?.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      return;
    }
    form.classList.add("sent");
    button?.setAttribute("data-pressed", "");
  });
}
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of all("form.sent")) form.classList.remove("sent");
  for (const button of all("[data-pressed]")) button.removeAttribute("data-pressed");
});

// Another code: count down until it may be asked for.
for (const button of all("[data-wait]")) {
  const until = Date.now() + Number(button.dataset.wait) * 1000;
  const words = button.textContent;
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left <= 0) {
      button.removeAttribute("aria-disabled");
      button.textContent = words;
      return;
    }
    button.setAttribute("aria-disabled", "true");
    button.textContent = button.dataset.waiting.replace("%(time)s", `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`);
    setTimeout(tick, 1000);
  };
  tick();
}

for (const button of all("[data-reveal]")) {
  const input = named(button.dataset.reveal);
  const show = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const revealed = input.type === "password";
    input.type = revealed ? "text" : "password";
    button.setAttribute("aria-pressed", String(revealed));
    button.textContent = revealed ? button.dataset.hide : show;
    input.focus();
  });
  // Never leave it readable for the browser to remember as text.
  input.form.addEventListener("submit", () => (input.type = "password"));
}

const lines = (element) => {
  const items = [...element.querySelectorAll("li")].map((item) => item.textContent.trim());
  return items.length ? items.join("\n") : element.textContent.trim();
};

for (const button of all("[data-copy]")) {
  const words = button.textContent;
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(lines(named(button.dataset.copy)));
    button.textContent = button.dataset.done;
    setTimeout(() => (button.textContent = words), 2000);
  });
}

for (const button of all("[data-download]")) {
  button.addEventListener("click", () => {
    const sheet = named(button.dataset.download);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${sheet.dataset.title}\n\n${lines(sheet)}\n`], { type: "text/plain" }));
    link.download = button.dataset.file;
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

for (const button of all("[data-print]")) button.addEventListener("click", () => print());
for (const tools of all(".tools")) tools.hidden = false;

for (const time of all("time[data-moment]")) {
  const wanted = { day: {}, minute: { timeStyle: "short" } }[time.dataset.only] ?? { timeStyle: "medium" };
  const format = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", ...wanted });
  time.textContent = format.format(Number(time.dataset.moment) * 1000);
}

// Whether this browser can make a passkey in passing, after a password that it has filled in: at most once a month.
const MONTH = 30 * 86400000;
for (const field of all("[data-able]")) {
  const can = await globalThis.PublicKeyCredential?.getClientCapabilities?.().catch(() => ({}));
  if (!can?.[field.dataset.able] || Date.now() - Number(localStorage.getItem("yett-quiet") ?? 0) < MONTH) continue;
  field.value = "true";
  field.form.addEventListener("submit", () => localStorage.setItem("yett-quiet", String(Date.now())));
}
