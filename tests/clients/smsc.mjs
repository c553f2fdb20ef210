// npm's `smpp` as an SMSC: tells what it hears as lines of JSON, answers as it is told by the number, and sends receipts.
import smpp from 'smpp'

const tell = (what) => console.log(JSON.stringify(what))
let number = 0
const server = smpp.createServer({}, (session) => {
  session.on('error', () => {})
  session.on('bind_transceiver', (pdu) => {
    tell({ system_id: pdu.system_id, password: pdu.password })
    session.send(pdu.response({ command_status: pdu.password === 's3cr3t' ? 0 : smpp.ESME_RINVPASWD }))
  })
  session.on('submit_sm', (pdu) => {
    const { message, udh } = pdu.short_message
    tell({ to: pdu.destination_addr, from: pdu.source_addr, coding: pdu.data_coding, message, udh: udh ? [...udh[0].data ?? udh[0]] : null })
    if (pdu.destination_addr.endsWith('58')) return session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }))
    const id = `n${++number}`
    session.send(pdu.response({ message_id: id }))
    if (!pdu.registered_delivery) return
    session.deliver_sm({
      source_addr: pdu.destination_addr, destination_addr: pdu.source_addr, esm_class: smpp.ESM_CLASS.MC_DELIVERY_RECEIPT,
      short_message: `id:${id} sub:001 dlvrd:001 submit date:261124150000 done date:261124150001 stat:DELIVRD err:000 text:`
    })
  })
  session.on('enquire_link', (pdu) => session.send(pdu.response()))
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close() })
})
server.listen(Number(process.argv[2]), '127.0.0.1', () => tell({ listening: true }))
