"""What messages say, by language and template: subject, then paragraphs. A code is said once, and only a notice leads anywhere.

A paragraph that names a value which a message was not told is left out.
"""

from collections.abc import Mapping

Words = tuple[str, tuple[str, ...]]

EN: Mapping[str, Words] = {
    "mfa_code": ("{code} is your code", ("Your code is", "{code}", "It approves this, and nothing else: {purpose}", "You are asked for it at {client}.", "It is good for {minutes} minutes. We will never ask you for it by phone or mail.", "If you are not logging in just now, somebody knows your password: change it.")),
    "email_verification": ("{code} confirms your address", ("Your code is", "{code}", "Enter it where you asked for it. It is good for {minutes} minutes.", "If you asked for nothing, do nothing.")),
    "factor_added": ("A new way to log in was added", ("A new second step ({factor}) was added to your account.", "If that was not you, contact support at once: somebody else may be in your account.")),
    "factor_removed": ("A way to log in was removed", ("A second step ({factor}) was removed from your account.", "If you did not ask for that, contact support at once.")),
    "enrollment_ticket": ("Add a second step to your account", ("You were asked to add a second step to your account, so that nobody else can log in to it. Open this link to do so; it works once, for five days:", "{link}", "If you do not know why, contact support before you open it.")),
    "import_done": ("Users were imported", ("New: {inserted}. Brought up to date: {updated}. Not taken: {failed}.", "Why a user was not taken is told by jobs/{job}/errors.", "If none of you asked for that, look into the log.")),
    "ticket_issued": ("A link to add a second step was made", ("Support has made a link with which a second step can be added to your account. It works once, for five days.", "If you did not ask for that, contact support at once.")),
    "factor_lost": ("A second step was reported lost", ("Somebody gave your password and reported a second step ({factor}) of your account as lost. It works no longer, and in {lives} it will be removed.", "If that was not you, or if you have found it, keep it here:", "{link}", "If that was not you, somebody knows your password: change it.")),
    "factor_kept": ("A second step was kept", ("A second step ({factor}) that was reported lost works again.", "If that was not you, contact support at once.")),
    "recovery_used": ("A recovery code was used", ("One of your recovery codes was used to log in. It is void now.", "If that was not you, contact support at once.")),
    "recovery_regenerated": ("Your recovery codes were replaced", ("Your account has new recovery codes; the old ones are void.", "If that was not you, contact support at once.")),
    "password_reset": ("Choose a new password", ("Somebody asked to choose a new password for your account. If that was you, open this link within {lives}:", "{link}", "It can be used once. If your account has a second step, you are asked for that as well.", "If you did not ask for it, do nothing: your password stays as it is.")),
    "verify_email": ("Confirm your address", ("Confirm that this address is yours by opening this link within {lives}:", "{link}", "If you did not ask for it, do nothing.")),
    "signup_known": ("You have an account already", ("Somebody tried to open an account with your address. You have one already, and nothing was changed.", "If that was you, log in; if you forgot your password, you can choose a new one there.")),
    "password_changed": ("Your password was changed", ("The password of your account was changed, and you were logged out everywhere.", "If that was not you, contact support at once.")),
    "email_changed": ("Your e-mail address was changed", ("The e-mail address of your account was changed from this one to another, and you were logged out everywhere.", "If that was not you, contact support at once.")),
    "account_blocked": ("Your account was blocked", ("Your account was blocked, and you were logged out everywhere.", "Contact support if you do not know why.")),
    "device_revoked": ("A browser was forgotten", ("A browser that we remembered for you is not remembered any longer.",)),
    "remembered_revoked": ("A remembered browser was copied", ("Somebody showed us an old copy of what your browser keeps for us. We do not trust that browser any longer.", "If your computer was lost or lent, change your password.")),
    "factors_locked": ("Too many wrong codes", ("There were too many wrong codes for your account, so we stopped accepting them for a while.", "If that was not you, somebody knows your password: change it.")),
    "factor_copied": ("Somebody may have a copy of your key", ("A key of your account ({factor}) gave an answer that is older than its last one. That happens when somebody has a copy of it, so we refused it.", "Remove it in your security settings, use another one, and contact support.")),
    "factor_distrusted": ("A key of your account is out of use", ("The maker of a key of your account ({factor}) has told the world that keys of this model can no longer be trusted, so we stopped accepting it. It was not your doing.", "Set up another one in its place, and remove this one.", "If you cannot log in any more, contact support.")),
    "second_factor_failed": ("Somebody had your password, but not your code", ("Somebody gave the right password for your account and then no right code, so we did not let them in.", "It was for {client}.", "If that was not you, somebody knows your password: change it.")),
    "not_me": ("You told us that somebody else was in your account", ("You told us that something in your account was not your doing. Everybody else was logged out, no browser is remembered any longer, and applications have to log in again.", "Now change your password, and remove whatever is not yours.", "If you did not tell us that, somebody else is in your account: do the same, and contact support.")),
    "delivery_trial": ("A trial message", ("This is a trial message: messages of this kind arrive.",)),
    "": ("A security notice about your account", ("Something that matters for the security of your account has happened.", "If you did not expect that, contact support.")),
}  # fmt: skip
DE: Mapping[str, Words] = {
    "mfa_code": ("{code} ist Ihr Code", ("Ihr Code lautet", "{code}", "Er gibt dies frei, und nichts anderes: {purpose}", "Sie werden bei {client} danach gefragt.", "Er gilt {minutes} Minuten. Wir fragen Sie nie am Telefon oder per E-Mail danach.", "Wenn Sie sich gerade nicht anmelden, kennt jemand Ihr Passwort: Ändern Sie es.")),
    "email_verification": ("{code} bestätigt Ihre Adresse", ("Ihr Code lautet", "{code}", "Geben Sie ihn dort ein, wo Sie ihn angefordert haben. Er gilt {minutes} Minuten.", "Wenn Sie nichts angefordert haben, ist nichts zu tun.")),
    "factor_added": ("Eine neue Anmeldemethode wurde hinzugefügt", ("Ihrem Konto wurde ein zweiter Schritt ({factor}) hinzugefügt.", "Wenn Sie das nicht waren, wenden Sie sich sofort an den Support: Jemand anderes könnte in Ihrem Konto sein.")),
    "factor_removed": ("Eine Anmeldemethode wurde entfernt", ("Von Ihrem Konto wurde ein zweiter Schritt ({factor}) entfernt.", "Wenn Sie nicht darum gebeten haben, wenden Sie sich sofort an den Support.")),
    "enrollment_ticket": ("Fügen Sie Ihrem Konto einen zweiten Schritt hinzu", ("Sie wurden gebeten, Ihrem Konto einen zweiten Schritt hinzuzufügen, damit sich niemand anderes anmelden kann. Öffnen Sie dazu diesen Link; er gilt einmal, fünf Tage lang:", "{link}", "Wenn Sie nicht wissen, warum, wenden Sie sich an den Support, bevor Sie ihn öffnen.")),
    "import_done": ("Benutzer wurden importiert", ("Neu: {inserted}. Auf den neuen Stand gebracht: {updated}. Nicht übernommen: {failed}.", "Warum ein Benutzer nicht übernommen wurde, sagt jobs/{job}/errors.", "Wenn das niemand von Ihnen veranlasst hat, sehen Sie in das Protokoll.")),
    "ticket_issued": ("Ein Link für einen zweiten Schritt wurde erstellt", ("Der Support hat einen Link erstellt, mit dem Ihrem Konto ein zweiter Schritt hinzugefügt werden kann. Er gilt einmal, fünf Tage lang.", "Wenn Sie nicht darum gebeten haben, wenden Sie sich sofort an den Support.")),
    "factor_lost": ("Ein zweiter Schritt wurde als verloren gemeldet", ("Jemand hat Ihr Passwort eingegeben und einen zweiten Schritt ({factor}) Ihres Kontos als verloren gemeldet. Er gilt nicht mehr und wird in {lives} entfernt.", "Wenn Sie das nicht waren oder ihn wiedergefunden haben, behalten Sie ihn hier:", "{link}", "Wenn Sie das nicht waren, kennt jemand Ihr Passwort: Ändern Sie es.")),
    "factor_kept": ("Ein zweiter Schritt wurde behalten", ("Ein zweiter Schritt ({factor}), der als verloren gemeldet war, gilt wieder.", "Wenn Sie das nicht waren, wenden Sie sich sofort an den Support.")),
    "recovery_used": ("Ein Wiederherstellungscode wurde benutzt", ("Einer Ihrer Wiederherstellungscodes wurde zur Anmeldung benutzt. Er gilt nicht mehr.", "Wenn Sie das nicht waren, wenden Sie sich sofort an den Support.")),
    "recovery_regenerated": ("Ihre Wiederherstellungscodes wurden ersetzt", ("Ihr Konto hat neue Wiederherstellungscodes; die alten gelten nicht mehr.", "Wenn Sie das nicht waren, wenden Sie sich sofort an den Support.")),
    "password_reset": ("Neues Passwort wählen", ("Jemand möchte für Ihr Konto ein neues Passwort wählen. Wenn Sie das sind, öffnen Sie diesen Link innerhalb von {lives}:", "{link}", "Er gilt einmal. Wenn Ihr Konto einen zweiten Schritt hat, werden Sie auch danach gefragt.", "Wenn Sie nicht darum gebeten haben, ist nichts zu tun: Ihr Passwort bleibt, wie es ist.")),
    "verify_email": ("Adresse bestätigen", ("Bestätigen Sie, dass diese Adresse Ihre ist: Öffnen Sie diesen Link innerhalb von {lives}:", "{link}", "Wenn Sie nicht darum gebeten haben, ist nichts zu tun.")),
    "signup_known": ("Sie haben schon ein Konto", ("Jemand wollte mit Ihrer Adresse ein Konto eröffnen. Sie haben schon eines, und nichts wurde geändert.", "Wenn Sie das waren, melden Sie sich an; wenn Sie Ihr Passwort vergessen haben, können Sie dort ein neues wählen.")),
    "password_changed": ("Ihr Passwort wurde geändert", ("Das Passwort Ihres Kontos wurde geändert, und Sie wurden überall abgemeldet.", "Wenn Sie das nicht waren, wenden Sie sich sofort an den Support.")),
    "email_changed": ("Ihre E-Mail-Adresse wurde geändert", ("Die E-Mail-Adresse Ihres Kontos wurde von dieser auf eine andere geändert, und Sie wurden überall abgemeldet.", "Wenn Sie das nicht waren, wenden Sie sich sofort an den Support.")),
    "account_blocked": ("Ihr Konto wurde gesperrt", ("Ihr Konto wurde gesperrt, und Sie wurden überall abgemeldet.", "Wenden Sie sich an den Support, wenn Sie den Grund nicht kennen.")),
    "device_revoked": ("Ein Browser wurde vergessen", ("Ein Browser, den wir uns für Sie gemerkt hatten, ist nicht mehr gemerkt.",)),
    "remembered_revoked": ("Ein gemerkter Browser wurde kopiert", ("Jemand hat uns eine alte Kopie dessen gezeigt, was Ihr Browser für uns aufbewahrt. Wir vertrauen diesem Browser nicht mehr.", "Wenn Ihr Rechner verloren ging oder verliehen war, ändern Sie Ihr Passwort.")),
    "factors_locked": ("Zu viele falsche Codes", ("Für Ihr Konto gab es zu viele falsche Codes; wir nehmen eine Weile keine mehr an.", "Wenn Sie das nicht waren, kennt jemand Ihr Passwort: Ändern Sie es.")),
    "factor_copied": ("Jemand könnte eine Kopie Ihres Schlüssels haben", ("Ein Schlüssel Ihres Kontos ({factor}) gab eine Antwort, die älter ist als seine letzte. Das geschieht, wenn jemand eine Kopie von ihm hat; wir haben sie abgelehnt.", "Entfernen Sie ihn in Ihren Sicherheitseinstellungen, nehmen Sie einen anderen, und wenden Sie sich an den Support.")),
    "factor_distrusted": ("Ein Schlüssel Ihres Kontos gilt nicht mehr", ("Der Hersteller eines Schlüssels Ihres Kontos ({factor}) hat bekannt gegeben, dass Schlüsseln dieses Modells nicht mehr zu trauen ist; wir nehmen ihn nicht mehr an. Sie haben nichts falsch gemacht.", "Richten Sie einen anderen ein, und entfernen Sie diesen.", "Wenn Sie sich nicht mehr anmelden können, wenden Sie sich an den Support.")),
    "second_factor_failed": ("Jemand hatte Ihr Passwort, aber nicht Ihren Code", ("Jemand hat das richtige Passwort Ihres Kontos eingegeben, danach aber keinen richtigen Code; wir haben ihn nicht eingelassen.", "Es ging um {client}.", "Wenn Sie das nicht waren, kennt jemand Ihr Passwort: Ändern Sie es.")),
    "not_me": ("Sie haben gemeldet, dass jemand anderes in Ihrem Konto war", ("Sie haben gemeldet, dass etwas in Ihrem Konto nicht von Ihnen war. Alle anderen wurden abgemeldet, kein Browser ist mehr gemerkt, und Anwendungen müssen sich neu anmelden.", "Ändern Sie jetzt Ihr Passwort, und entfernen Sie, was nicht Ihnen gehört.", "Wenn Sie das nicht gemeldet haben, ist jemand anderes in Ihrem Konto: Tun Sie dasselbe, und wenden Sie sich an den Support.")),
    "delivery_trial": ("Eine Probenachricht", ("Das ist eine Probenachricht: Nachrichten dieser Art kommen an.",)),
    "": ("Ein Sicherheitshinweis zu Ihrem Konto", ("Es ist etwas geschehen, das für die Sicherheit Ihres Kontos wichtig ist.", "Wenn Sie das nicht erwartet haben, wenden Sie sich an den Support.")),
}  # fmt: skip
# One hour, and several.
HOURS: Mapping[str, tuple[str, str]] = {"en": ("an hour", "{hours} hours"), "de": ("einer Stunde", "{hours} Stunden")}
# What a notice ends with.
SETTINGS: Mapping[str, str] = {
    "en": "What happened, and what you can do about it: {account}",
    "de": "Was geschehen ist, und was Sie dagegen tun können: {account}",
}
LANGUAGES: Mapping[str, Mapping[str, Words]] = {"en": EN, "de": DE}
# What a text message says of a code: the first that fits into one part (160 letters); where it approves something, one that says what,
# however long. What a call says is not here.
TEXTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "en": {
        "mfa_code": (
            "{code} approves for {client}: {purpose}. Tell it to nobody.",
            "{code} approves: {purpose}. Tell it to nobody.",
            "{code} is your code for {client}. Tell it to nobody.",
            "{code} is your code. Tell it to nobody.",
        ),
        "phone_verification": ("{code} confirms your number for {client}. Tell it to nobody.", "{code} confirms your number. Tell it to nobody."),
        "email_verification": ("{code} is your code. Tell it to nobody.",),
    },
    "de": {
        "mfa_code": (
            "{code} gibt für {client} frei: {purpose}. Geben Sie ihn niemandem.",
            "{code} gibt frei: {purpose}. Geben Sie ihn niemandem.",
            "{code} ist Ihr Code für {client}. Geben Sie ihn niemandem.",
            "{code} ist Ihr Code. Geben Sie ihn niemandem.",
        ),
        "phone_verification": ("{code} bestätigt Ihre Nummer für {client}. Geben Sie ihn niemandem.", "{code} bestätigt Ihre Nummer. Geben Sie ihn niemandem."),
        "email_verification": ("{code} ist Ihr Code. Geben Sie ihn niemandem.",),
    },
}
# A factor's `words.factor`, for people; one without a name here goes by that.
METHODS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "otp": "authenticator app",
        "email": "codes by e-mail",
        "sms": "codes by phone",
        "recovery-code": "recovery codes",
        "webauthn-roaming": "security key",
        "webauthn-platform": "this device",
        "passkey": "passkey",
    },
    "de": {
        "otp": "Authenticator-App",
        "email": "Codes per E-Mail",
        "sms": "Codes per Telefon",
        "recovery-code": "Wiederherstellungscodes",
        "webauthn-roaming": "Sicherheitsschlüssel",
        "webauthn-platform": "dieses Gerät",
        "passkey": "Passkey",
    },
}
# By language: how the language is called on the wire, what is said before the code, and before it is said again; before what
# the code approves; and, by a voice that has only recordings, in place of every notice.
SPOKEN: Mapping[str, tuple[str, str, str]] = {
    "en": ("en-US", "Your code is", "Once more: your code is"),
    "de": ("de-DE", "Ihr Code lautet", "Noch einmal: Ihr Code lautet"),
}
APPROVES: Mapping[str, str] = {
    "en": "You are asked to approve this, and nothing else:",
    "de": "Sie werden gebeten, dies freizugeben, und nichts anderes:",
}
NOTICE: Mapping[str, str] = {
    "en": "This is a message about your account. Log in to read it.",
    "de": "Dies ist eine Nachricht zu Ihrem Konto. Melden Sie sich an, um sie zu lesen.",
}
