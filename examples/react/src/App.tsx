import { useAuth0 } from "@auth0/auth0-react";
import { Basic } from "./Basic";
import { Home } from "./Home";

export function App() {
  const { error, isAuthenticated, isLoading, loginWithRedirect, logout, user } = useAuth0();
  const basic = window.location.pathname === "/basic";
  if (isLoading) return null;
  return (
    <>
      <header className="bar">
        <span className="mark" aria-hidden="true">H</span>
        <span className="name">Harbour Bank</span>
        {isAuthenticated && <span className="who">{user?.email}</span>}
        {isAuthenticated && <button onClick={() => logout({ logoutParams: { returnTo: window.location.origin } })}>Log out</button>}
      </header>
      {isAuthenticated ? (
        basic ? <Basic /> : <Home />
      ) : (
        <main className="welcome">
          <h1>Good to see you.</h1>
          <p>Log in with your password. For what matters more, we ask for more.</p>
          {error && <p className="said bad" role="alert">{error.message}</p>}
          <button className="main" onClick={() => loginWithRedirect({ appState: { returnTo: window.location.pathname } })}>
            Log in
          </button>
        </main>
      )}
    </>
  );
}
