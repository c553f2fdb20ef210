// Ceremonies with keys and passkeys (WebAuthn Level 3): the one thing that no page can do without a script.

const ceremony = document.querySelector("[data-ceremony]");
const form = ceremony.closest("form");
const start = form.querySelector("[data-start]");
const trouble = document.getElementById("trouble");
const options = JSON.parse(ceremony.dataset.options);
// create: a new credential; get: one that this account has; find: a passkey, whoever's it is, beside what is typed.
const what = ceremony.dataset.ceremony;
// Where a name is typed, the browser lists passkeys of itself.
const listed = what === "find" && document.querySelector("[autocomplete~=webauthn]");
let waiting = new AbortController();
// So long a browser may take to make a passkey in passing, in milliseconds; after that nobody waits for it.
const PATIENCE = 1500;

// The passkey that this page was last shown: if it comes back with an error, that one was not accepted.
const SHOWN = "yett-passkey";
const wrong = document.getElementById("error");
const refused = wrong && sessionStorage.getItem(SHOWN);
sessionStorage.removeItem(SHOWN);
// The question that was last put by itself: whoever comes back to it presses the button.
const PUT = "yett-question";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

// Browsers that cannot read and write JSON themselves.
const named = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));
const MEMBERS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
const written = (credential) => ({
  id: credential.id,
  rawId: text(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
  response: Object.fromEntries(MEMBERS.filter((name) => credential.response[name]).map((name) => [name, text(credential.response[name])])),
  clientExtensionResults: credential.getClientExtensionResults(),
});

function asked(mediation) {
  const challenge = bytes(options.challenge);
  if (what === "create") {
    const own = () => ({ ...options, challenge, user: { ...options.user, id: bytes(options.user.id) }, excludeCredentials: named(options.excludeCredentials) });
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? own();
    if (mediation !== "conditional") return navigator.credentials.create({ publicKey, signal: waiting.signal });
    const mine = waiting;
    setTimeout(() => mine.abort(), PATIENCE);
    return navigator.credentials.create({ publicKey, mediation, signal: mine.signal });
  }
  const own = () => ({ ...options, challenge, allowCredentials: named(options.allowCredentials) });
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? own(), mediation, signal: waiting.signal });
}

function say(name) {
  trouble.querySelector("p").textContent = trouble.dataset[name] ?? trouble.dataset.other;
  trouble.hidden = false;
  start.lastChild.textContent = start.dataset.again;
  start.focus();
}

const TOLD = {
  NotAllowedError: "refused",
  InvalidStateError: "known",
  SecurityError: "elsewhere",
  NotSupportedError: "unsupported",
  ConstraintError: "unfit",
};

async function run(mediation = "optional") {
  const quiet = "quiet" in ceremony.dataset;
  if (!window.PublicKeyCredential) return quiet ? skip() : say("unsupported");
  trouble.hidden = true;
  const mine = waiting;
  try {
    const credential = await asked(mediation);
    if (what === "find") sessionStorage.setItem(SHOWN, credential.id);
    form.elements.response.value = JSON.stringify(credential.toJSON?.() ?? written(credential));
    start.removeAttribute("aria-disabled");
    start.click();
  } catch (fault) {
    // Begun anew, or left.
    if (mine !== waiting || leaving) return;
    start.removeAttribute("aria-disabled");
    if (quiet) return skip();
    // Of what the browser did of itself nobody hears.
    if (fault.name !== "AbortError" && mediation !== "conditional") say(TOLD[fault.name] ?? "other");
  }
}

const skip = () => form.querySelector("[value=skip]").click();

// Whoever goes on or away waits for no key; whoever comes back begins anew.
let leaving = false;
const leave = () => {
  leaving = true;
  waiting.abort();
};
form.addEventListener("submit", leave);
addEventListener("pagehide", leave);
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  leaving = false;
  waiting = new AbortController();
  form.elements.response.value = "";
  start.removeAttribute("aria-disabled");
  // What was done in passing is not done again, and its page has nothing else to say.
  if ("quiet" in ceremony.dataset) return skip();
  if (listed) run("conditional");
});

start.addEventListener("click", (event) => {
  if (form.elements.response.value) return;
  event.preventDefault();
  waiting.abort();
  waiting = new AbortController();
  start.setAttribute("aria-disabled", "true");
  run();
});

if (what === "find") {
  start.hidden = !window.PublicKeyCredential;
  // Whoever keeps a passkey that we do not know need not offer it again.
  const forget = { rpId: options.rpId, credentialId: refused };
  if (refused && "unknown" in ceremony.dataset) await window.PublicKeyCredential?.signalUnknownCredential?.(forget).catch(() => {});
  // What was refused is not shown again by itself.
  const lists = listed && !refused && (await window.PublicKeyCredential?.isConditionalMediationAvailable?.());
  if (lists && !leaving) run("conditional");
} else if ("quiet" in ceremony.dataset) {
  run("conditional");
} else if (what === "get" && !wrong && sessionStorage.getItem(PUT) !== options.challenge) {
  // Once by itself, where nothing went wrong before: a browser that wants a gesture first says so, and the button is there.
  sessionStorage.setItem(PUT, options.challenge);
  start.setAttribute("aria-disabled", "true");
  run();
}
