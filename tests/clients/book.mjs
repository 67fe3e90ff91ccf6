// Books, sees and cancels a time by Node's `soap`: node book.mjs URL FOLDER PERSON [CLINIC]
// URL is the gateway's over HTTPS, FOLDER what `tidbro pki demo` made, PERSON whom the time is for.
// `soap` is found from the folder the command is given in.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import https from "node:https";
import path from "node:path";

const soap = createRequire(path.join(process.cwd(), "package.json"))("soap");
const [url, folder, who, clinic = "SE2321009991-2B02"] = process.argv.slice(2);
const read = (name) => readFileSync(path.join(folder, name));
const tls = { ca: read("ca.pem"), cert: read("SE2321009991-ET01.pem"), key: read("SE2321009991-ET01.key") };
const REGISTRY = "urn:riv:itintegration:registry:1";
const HEADERS = "urn:riv:interoperability:headers:1";

// Node's soap takes a message's first part for its body. The official WSDLs put the parts of the header first, and say
// which part is the body in the binding: go on to the last part, which is that one.
function takeThePartThatIsTheBody(client, interaction) {
  const { messages, bindings } = client.wsdl.definitions;
  const message = messages[`${interaction}Request`];
  while (message.children?.length) message.postProcess(client.wsdl.definitions);
  for (const binding of Object.values(bindings)) binding.methods[interaction].input = message.element;
}

async function ask(interaction, question) {
  const wsdl = `${url}/vp/crm/scheduling/${interaction}/1/rivtabp21?wsdl`;
  const client = await soap.createClientAsync(wsdl, { wsdl_options: { httpsAgent: new https.Agent(tls) } });
  takeThePartThatIsTheBody(client, interaction);
  client.setSecurity(new soap.ClientSSLSecurity(tls.key, tls.cert, tls.ca, {}));
  client.addSoapHeader({ LogicalAddress: clinic }, "", "reg", REGISTRY);
  client.addSoapHeader({ Actor: { actorId: who, actorType: "subject_of_care" } }, "", "h", HEADERS);
  const [answer] = await client[`${interaction}Async`](question);
  return answer;
}

const day = (days) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10).replaceAll("-", "");
const free = await ask("GetAvailableTimeslots", {
  healthcare_facility: clinic,
  startDateInclusive: day(7),
  endDateInclusive: day(21),
  timeTypeID: "PROV10",
  subject_of_care: who,
});
const [wish] = free.timeslotDetail;
const made = await ask("MakeBooking", {
  healthcare_facility_med: clinic,
  requestedTimeslot: {
    startTimeInclusive: wish.startTimeInclusive,
    endTimeExclusive: wish.endTimeExclusive,
    healthcare_facility: clinic,
    bookingId: wish.bookingId,
    subject_of_care: who,
    timeTypeID: "PROV10",
  },
  subject_of_care_info: { firstName: "Dan", lastName: "Tävling" },
});
console.log(`MakeBooking ${made.resultCode} ${made.bookingId}`);

const mine = { healthcare_facility: clinic, bookingId: made.bookingId };
const seen = await ask("GetBookingDetails", mine);
console.log(`GetBookingDetails ${seen.timeslotDetail.bookingId ?? seen.timeslotDetail[0].bookingId}`);
console.log(`CancelBooking ${(await ask("CancelBooking", mine)).resultCode}`);
