"""WebAuthn Level 3, 7.1 and 7.2, step by step: the test that turns red when the step is left out, or why there is nothing to test."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

HERE = Path(__file__).parent
CEREMONY, FACTOR, ATTESTATION, VECTORS, ITEMS = (
    f"core/factors/webauthn/test_{one}.py" for one in ("ceremony", "factor", "attestation", "vectors", "fido_items")
)
FLOWS, METADATA, BROWSER, STRANDED = "flows/test_webauthn.py", "flows/test_metadata.py", "browser/test_keys.py", "flows/test_stranded.py"
CLIENT = f"{CEREMONY}::test_client_data_that_was_not_asked_for_is_refused_in_both_ceremonies"
READ = f"{CEREMONY}::test_client_data_that_is_no_object_is_malformed"
FLAGS = f"{CEREMONY}::test_what_the_authenticator_says_is_judged_in_both_ceremonies"
NO_CREDENTIAL = f"{FACTOR}::test_what_is_no_credential_is_malformed"
EMBEDDED = f"{CEREMONY}::test_a_page_that_may_embed_us_may_ask"
EXTENSIONS = f"{CEREMONY}::test_the_longest_id_and_any_extensions_are_taken"
BACKUP = f"{CEREMONY}::test_a_credential_does_not_become_eligible_for_backup_or_cease_to_be"

# 7.1, Registering a New Credential
REGISTRATION: Mapping[int, tuple[str, ...]] = {
    1: (f"{FACTOR}::test_what_is_asked_for_is_what_the_use_needs",),
    2: (f"{BROWSER}::test_what_is_not_made_in_passing_is_not_asked_for_again",),
    3: (NO_CREDENTIAL,),
    4: (EXTENSIONS,),
    5: (READ,),
    6: (READ,),
    7: (CLIENT,),
    8: (CLIENT, f"{FLOWS}::test_an_answer_that_made_a_key_makes_no_other_cve_2022_42731"),
    9: (CLIENT, f"{CEREMONY}::test_an_origin_that_is_related_is_as_good_as_our_own", f"{FLOWS}::test_related_origins_are_published_and_taken"),
    10: (CLIENT, EMBEDDED),
    11: (CLIENT, EMBEDDED),
    12: (f"{VECTORS}::test_no_bit_that_an_attestation_signs_can_be_another",),
    13: (f"{CEREMONY}::test_an_attestation_object_that_is_none_is_malformed", f"{CEREMONY}::test_authenticator_data_is_read_to_its_last_byte"),
    14: (FLAGS,),
    15: (FLAGS, f"{FLOWS}::test_a_passkey_is_made_in_passing_which_proves_nothing_and_asks_nobody"),
    16: (FLAGS, f"{FACTOR}::test_a_passkey_wants_its_user_verified"),
    17: (FLAGS,),
    18: (f"{CEREMONY}::test_a_key_that_may_be_copied_is_in_no_hardware_whoever_says_so", f"{FACTOR}::test_a_proof_says_no_more_than_was_shown"),
    19: (BACKUP,),
    20: (f"{CEREMONY}::test_a_key_that_is_none_is_refused", f"{FLOWS}::test_what_was_not_asked_for_is_not_registered_cve_2026_8830"),
    21: (f"{ITEMS}::test_each_item_of_the_list",),
    22: (f"{ATTESTATION}::test_a_packed_statement_that_is_bent_is_refused", f"{VECTORS}::test_each_pair_verifies"),
    23: (f"{METADATA}::test_a_maker_vouches_for_keys_in_hardware",),
    24: (
        f"{CEREMONY}::test_an_operator_decides_which_authenticators_are_good_enough",
        f"{ATTESTATION}::test_a_chain_leads_to_a_root_through_authorities_in_force",
    ),
    25: (EXTENSIONS, f"{CEREMONY}::test_authenticator_data_is_read_to_its_last_byte"),
    26: (f"{FLOWS}::test_no_credential_is_enrolled_by_two_accounts",),
    27: (f"{FACTOR}::test_an_answer_works_once_and_the_counter_moves_on", f"{STRANDED}::test_a_credential_keeps_the_name_that_it_was_made_under", BACKUP),
    28: (EXTENSIONS,),
    29: (f"{FLOWS}::test_a_security_key_is_bound_to_our_name_and_its_proof_says_so",),
}
# 7.2, Verifying an Authentication Assertion
AUTHENTICATION: Mapping[int, tuple[str, ...]] = {
    1: (f"{FACTOR}::test_a_passkey_says_who_it_is_where_nobody_was_named",),
    2: (f"{BROWSER}::test_who_is_not_verified_may_try_again_or_go_another_way",),
    3: (NO_CREDENTIAL,),
    4: (f"{ITEMS}::test_each_item_of_the_list",),
    5: (f"{FACTOR}::test_an_answer_to_another_question_or_of_another_key_is_refused", f"{FLOWS}::test_row_28_somebody_elses_key_is_no_second_step"),
    6: (
        f"{FACTOR}::test_a_passkey_says_who_it_is_where_nobody_was_named",
        f"{FLOWS}::test_a_passkey_of_somebody_else_is_no_way_into_the_account_that_was_named",
    ),
    7: (NO_CREDENTIAL,),
    8: (READ,),
    9: (READ,),
    10: (CLIENT,),
    11: (CLIENT, f"{FLOWS}::test_row_28_an_answer_counts_in_its_own_attempt_alone_and_once"),
    12: (CLIENT,),
    13: (CLIENT,),
    14: (CLIENT,),
    15: (FLAGS,),
    16: (FLAGS,),
    17: (FLAGS, f"{FLOWS}::test_no_answer_lowers_what_was_asked_ghsa_h4fw_6r7f_w494"),
    18: (FLAGS,),
    19: (BACKUP,),
    20: (f"{VECTORS}::test_no_bit_of_an_assertion_can_be_another",),
    21: (f"{CEREMONY}::test_a_bogus_signature_is_refused", f"{FLOWS}::test_a_refusal_moves_nothing_on_gitlab_585333"),
    22: (f"{CEREMONY}::test_a_counter_goes_forward_or_somebody_has_a_copy", f"{FLOWS}::test_a_copied_key_is_refused_and_its_owner_is_told"),
    23: (f"{ITEMS}::test_each_item_of_the_list",),
    24: (f"{FACTOR}::test_an_answer_works_once_and_the_counter_moves_on", BACKUP),
    25: (f"{FLOWS}::test_a_passkey_stands_first_and_is_multi_factor_by_itself",),
}
NAMED = {f"7.{section} step {number}": tests for section, steps in ((1, REGISTRATION), (2, AUTHENTICATION)) for number, tests in steps.items()}


def test_no_step_is_left_out() -> None:
    assert (list(REGISTRATION), list(AUTHENTICATION)) == (list(range(1, 30)), list(range(1, 26)))


@pytest.mark.parametrize("step", NAMED)
def test_the_tests_of_a_step_exist(step: str) -> None:
    for named in NAMED[step]:
        file, _, name = named.partition("::")
        assert name in names_in(file), named


@cache
def names_in(file: str) -> frozenset[str]:
    tree = ast.parse((HERE.parents[2] / file).read_text("utf-8"))
    return frozenset(one.name for one in ast.walk(tree) if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)))
