# An SMSC for one session, on Net::SMPP: tells what it hears as lines of JSON, and sends a receipt for what wants one.
use strict;
use warnings;
use Net::SMPP;
$| = 1;

my $listener = Net::SMPP->new_listen('127.0.0.1', port => $ARGV[0], smpp_version => 0x34) or die "listen: $!";
my $session = $listener->accept or die "accept: $!";
my $number = 0;
while (my $pdu = $session->read_pdu) {
    if ($pdu->{cmd} == Net::SMPP::CMD_bind_transceiver) {
        print qq({"system_id": "$pdu->{system_id}", "password": "$pdu->{password}"}\n);
        $session->bind_transceiver_resp(seq => $pdu->{seq}, system_id => 'perl', status => 0);
    }
    elsif ($pdu->{cmd} == Net::SMPP::CMD_submit_sm) {
        my $id = sprintf 'p%d', ++$number;
        printf qq({"to": "%s", "coding": %d, "kind": %d, "text": "%s"}\n), $pdu->{destination_addr}, $pdu->{data_coding}, $pdu->{esm_class}, unpack 'H*', $pdu->{short_message};
        $session->submit_sm_resp(seq => $pdu->{seq}, message_id => $id, status => 0);
        next unless $pdu->{registered_delivery};
        my $said = $pdu->{destination_addr} =~ /0000$/ ? 'stat:UNDELIV err:001' : 'stat:DELIVRD err:000';
        $session->deliver_sm(
            async => 1, esm_class => 4, source_addr => $pdu->{destination_addr}, destination_addr => 'Yett',
            short_message => "id:$id sub:001 dlvrd:001 submit date:2611241500 done date:2611241501 $said text:",
        );
    }
    elsif ($pdu->{cmd} == Net::SMPP::CMD_enquire_link) {
        $session->enquire_link_resp(seq => $pdu->{seq}, status => 0);
    }
    elsif ($pdu->{cmd} == Net::SMPP::CMD_unbind) {
        $session->unbind_resp(seq => $pdu->{seq}, status => 0);
        last;
    }
}
