"""Every route of the management API, and the scopes of which a caller needs one. A route that is not here is closed.

One that names no scope is open to everybody.
"""

from collections.abc import Mapping

BASE = "/api/v2"


def _access(lines: str) -> Mapping[tuple[str, str], frozenset[str]]:
    rows = (line.split() for line in lines.strip().splitlines())
    return {(method, path): frozenset(scopes) for method, path, *scopes in rows}


ACCESS = _access("""
GET    /openapi.json
GET    /guardian/factors                                  read:guardian_factors
PUT    /guardian/factors/{name}                           update:guardian_factors
GET    /guardian/factors/{name}/settings                  read:guardian_factors
PUT    /guardian/factors/{name}/settings                  update:guardian_factors
GET    /guardian/factors/{name}/message-types             read:guardian_factors
PUT    /guardian/factors/{name}/message-types             update:guardian_factors
GET    /guardian/factors/{name}/selected-provider         read:guardian_factors
PUT    /guardian/factors/{name}/selected-provider         update:guardian_factors
GET    /guardian/factors/{name}/providers/twilio          read:guardian_factors
PUT    /guardian/factors/{name}/providers/twilio          update:guardian_factors
GET    /guardian/factors/{name}/templates                 read:guardian_factors
PUT    /guardian/factors/{name}/templates                 update:guardian_factors
GET    /guardian/factors/{name}/limits                    read:guardian_factors
PUT    /guardian/factors/{name}/limits                    update:guardian_factors
POST   /guardian/enrollments/ticket                       create:guardian_enrollment_tickets
GET    /guardian/enrollments/{id}                         read:guardian_enrollments
DELETE /guardian/enrollments/{id}                         delete:guardian_enrollments
GET    /guardian/policies                                 read:mfa_policies
PUT    /guardian/policies                                 update:mfa_policies
PATCH  /guardian/policies                                 update:mfa_policies
GET    /guardian/settings                                 read:guardian_factors read:mfa_policies
PUT    /guardian/settings                                 update:guardian_factors update:mfa_policies
GET    /clients                                           read:clients read:client_summary
POST   /clients                                           create:clients
GET    /clients/{id}                                      read:clients read:client_summary
PATCH  /clients/{id}                                      update:clients
DELETE /clients/{id}                                      delete:clients
POST   /clients/{id}/rotate-secret                        update:client_keys
GET    /clients/{id}/credentials                          read:client_credentials
POST   /clients/{id}/credentials                          create:client_credentials
GET    /clients/{id}/credentials/{credential_id}          read:client_credentials
PATCH  /clients/{id}/credentials/{credential_id}          update:client_credentials
DELETE /clients/{id}/credentials/{credential_id}          delete:client_credentials
GET    /client-grants                                     read:client_grants
POST   /client-grants                                     create:client_grants
GET    /client-grants/{id}                                read:client_grants
PATCH  /client-grants/{id}                                update:client_grants
DELETE /client-grants/{id}                                delete:client_grants
GET    /grants                                            read:grants
DELETE /grants                                            delete:grants
DELETE /grants/{id}                                       delete:grants
GET    /resource-servers                                  read:resource_servers
POST   /resource-servers                                  create:resource_servers
GET    /resource-servers/{id}                             read:resource_servers
PATCH  /resource-servers/{id}                             update:resource_servers
DELETE /resource-servers/{id}                             delete:resource_servers
GET    /users                                             read:users
POST   /users                                             create:users
GET    /users-by-email                                    read:users
GET    /users/{id}                                        read:users read:current_user
PATCH  /users/{id}                                        update:users
DELETE /users/{id}                                        delete:users
GET    /users/{id}/authentication-methods                 read:authentication_methods
POST   /users/{id}/authentication-methods                 create:authentication_methods
PUT    /users/{id}/authentication-methods                 update:authentication_methods
DELETE /users/{id}/authentication-methods                 delete:authentication_methods
GET    /users/{id}/authentication-methods/{method_id}     read:authentication_methods
PATCH  /users/{id}/authentication-methods/{method_id}     update:authentication_methods
DELETE /users/{id}/authentication-methods/{method_id}     delete:authentication_methods
GET    /users/{id}/authenticators                         read:authentication_methods
DELETE /users/{id}/authenticators                         delete:guardian_enrollments
DELETE /users/{id}/authenticators/{method_id}             delete:guardian_enrollments delete:authentication_methods
GET    /users/{id}/enrollments                            read:users read:current_user
POST   /users/{id}/multifactor/actions/invalidate-remember-browser update:users
POST   /users/{id}/recovery-code-regeneration             update:users
GET    /users/{id}/roles                                  read:users read:roles read:role_members
POST   /users/{id}/roles                                  update:users create:role_members
DELETE /users/{id}/roles                                  update:users delete:role_members
GET    /users/{id}/permissions                            read:users
POST   /users/{id}/permissions                            update:users
DELETE /users/{id}/permissions                            update:users
GET    /roles                                             read:roles
POST   /roles                                             create:roles
GET    /roles/{id}                                        read:roles
PATCH  /roles/{id}                                        update:roles
DELETE /roles/{id}                                        delete:roles
GET    /roles/{id}/permissions                            read:roles
POST   /roles/{id}/permissions                            update:roles
DELETE /roles/{id}/permissions                            update:roles
GET    /roles/{id}/users                                  read:users read:roles read:role_members
POST   /roles/{id}/users                                  update:roles create:role_members
POST   /tickets/email-verification                        create:user_tickets
POST   /tickets/password-change                           create:user_tickets
POST   /jobs/verification-email                           update:users
POST   /jobs/users-imports                                create:users
GET    /jobs/{id}                                         create:users read:users
GET    /jobs/{id}/errors                                  create:users read:users
GET    /users/{id}/logs                                   read:logs read:logs_users
GET    /users/{id}/sessions                               read:sessions
DELETE /users/{id}/sessions                               delete:sessions
GET    /logs                                              read:logs read:logs_users
GET    /logs/{id}                                         read:logs read:logs_users
GET    /keys/signing                                      read:signing_keys
GET    /keys/signing/{kid}                                read:signing_keys
POST   /keys/signing/rotate                               create:signing_keys update:signing_keys
PUT    /keys/signing/{kid}/revoke                         update:signing_keys
GET    /branding/phone/providers                          read:phone_providers
POST   /branding/phone/providers                          create:phone_providers
GET    /branding/phone/providers/{id}                     read:phone_providers
PATCH  /branding/phone/providers/{id}                     update:phone_providers
DELETE /branding/phone/providers/{id}                     delete:phone_providers
POST   /branding/phone/providers/{id}/try                 create:phone_providers
GET    /branding/phone/templates                          read:phone_templates
POST   /branding/phone/templates                          create:phone_templates
GET    /branding/phone/templates/{id}                     read:phone_templates
PATCH  /branding/phone/templates/{id}                     update:phone_templates
DELETE /branding/phone/templates/{id}                     delete:phone_templates
PATCH  /branding/phone/templates/{id}/reset               update:phone_templates
POST   /branding/phone/templates/{id}/try                 create:phone_templates
GET    /emails/provider                                   read:email_provider
POST   /emails/provider                                   create:email_provider
PATCH  /emails/provider                                   update:email_provider
DELETE /emails/provider                                   delete:email_provider
POST   /email-templates                                   create:email_templates
GET    /email-templates/{template_name}                   read:email_templates
PUT    /email-templates/{template_name}                   update:email_templates
PATCH  /email-templates/{template_name}                   update:email_templates
GET    /tenants/settings                                  read:tenant_settings
PATCH  /tenants/settings                                  update:tenant_settings
""")

# What the management API is called as an API, and all that may be granted of it.
SCOPES = tuple(sorted({scope for scopes in ACCESS.values() for scope in scopes} - {"read:current_user"}))
