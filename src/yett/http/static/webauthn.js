// Ceremonies with keys and passkeys (WebAuthn Level 3): the one thing that no page can do without a script.

const ceremony = document.querySelector("[data-ceremony]");
const form = ceremony.closest("form");
const start = form.querySelector("[data-start]");
const trouble = document.getElementById("trouble");
const options = JSON.parse(ceremony.dataset.options);
const making = ceremony.dataset.ceremony === "create";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

// Browsers that cannot read and write JSON themselves.
const named = (list = []) => list.map((one) => ({ ...one, id: bytes(one.id) }));
const parsed = {
  create: (said) => ({ ...said, challenge: bytes(said.challenge), user: { ...said.user, id: bytes(said.user.id) }, excludeCredentials: named(said.excludeCredentials) }),
  get: (said) => ({ ...said, challenge: bytes(said.challenge), allowCredentials: named(said.allowCredentials) }),
};
const MEMBERS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];
const written = (credential) => ({
  id: credential.id,
  rawId: text(credential.rawId),
  type: credential.type,
  authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
  response: Object.fromEntries(MEMBERS.filter((name) => credential.response[name]).map((name) => [name, text(credential.response[name])])),
  clientExtensionResults: credential.getClientExtensionResults(),
});

async function asked() {
  if (making) {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON?.(options) ?? parsed.create(options);
    return navigator.credentials.create({ publicKey });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON?.(options) ?? parsed.get(options);
  return navigator.credentials.get({ publicKey });
}

function say(name) {
  trouble.querySelector("p").textContent = trouble.dataset[name] ?? trouble.dataset.other;
  trouble.hidden = false;
  start.textContent = start.dataset.again;
  start.removeAttribute("aria-disabled");
  start.focus();
}

async function run() {
  if (!window.PublicKeyCredential) return say("unsupported");
  start.setAttribute("aria-disabled", "true");
  trouble.hidden = true;
  try {
    const credential = await asked();
    form.elements.response.value = JSON.stringify(credential.toJSON?.() ?? written(credential));
    start.removeAttribute("aria-disabled");
    form.requestSubmit(start);
  } catch (fault) {
    say({ NotAllowedError: "refused", InvalidStateError: "known", SecurityError: "elsewhere", NotSupportedError: "unsupported" }[fault.name] ?? "other");
  }
}

start.addEventListener("click", (event) => {
  if (form.elements.response.value) return;
  event.preventDefault();
  run();
});
// Once by itself, where nothing went wrong before: a browser may want a gesture first, and then the button is there.
if (!making && !document.getElementById("error") && navigator.userActivation?.hasBeenActive !== false) run();
