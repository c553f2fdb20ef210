import { auth0 } from "@/lib/auth0";
import { claimsOf } from "@/lib/claims";
import { Home } from "./Home";

export default async function Page() {
  const session = await auth0.getSession();
  return (
    <>
      <header className="bar">
        <span className="mark" aria-hidden="true">H</span>
        <span className="name">Harbour Bank</span>
        {session && <span className="who">{session.user.email}</span>}
        {session && <form action="/auth/logout"><button>Log out</button></form>}
      </header>
      {session ? (
        <Home claims={claimsOf(session)} />
      ) : (
        <main className="welcome">
          <h1>Good to see you.</h1>
          <p>Log in with your password. For what matters more, we ask for more.</p>
          <form action="/auth/login"><button className="main">Log in</button></form>
        </main>
      )}
    </>
  );
}
