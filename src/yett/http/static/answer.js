// The answer to an application, in the way that it asked for.

// By a form that sends itself; its button stays, for whoever has no script.
document.querySelector("form[data-sends]")?.submit();

// By a message to the page that frames this one, or has opened it: the browser hands it to a page of that one origin and to nobody else.
const answer = document.querySelector("[data-response]");
if (answer) {
  const { origin, response } = answer.dataset;
  const asker = parent === self ? opener : parent;
  asker?.postMessage({ type: "authorization_response", response: JSON.parse(response) }, origin);
}
