import { AsyncPipe } from "@angular/common";
import { Component, inject } from "@angular/core";
import { AuthService } from "@auth0/auth0-angular";
import { Home } from "./home";

@Component({
  selector: "app-root",
  imports: [AsyncPipe, Home],
  template: `
    @if ((auth.isLoading$ | async) === false) {
      @let user = auth.user$ | async;
      <header class="bar">
        <span class="mark" aria-hidden="true">H</span>
        <span class="name">Harbour Bank</span>
        @if (user) {
          <span class="who">{{ user.email }}</span>
          <button (click)="logOut()">Log out</button>
        }
      </header>
      @if (user) {
        <app-home />
      } @else {
        <main class="welcome">
          <h1>Good to see you.</h1>
          <p>Log in with your password. For what matters more, we ask for more.</p>
          @if (auth.error$ | async; as error) {
            <p class="said bad" role="alert">{{ error.message }}</p>
          }
          <button class="main" (click)="auth.loginWithRedirect()">Log in</button>
        </main>
      }
    }
  `,
})
export class App {
  protected readonly auth = inject(AuthService);

  protected logOut(): void {
    this.auth.logout({ logoutParams: { returnTo: window.location.origin } });
  }
}
