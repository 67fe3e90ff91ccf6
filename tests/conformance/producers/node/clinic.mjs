// A scheduling system of one clinic by Node's `soap`: node clinic.mjs FOLDER [PORT] [unmended]
// FOLDER holds the contracts, interactions/ and core_components/; each interaction answers at a path of its own.
// Written from the contracts, as a vendor would; `unmended` leaves answers as `soap` writes them by itself. `soap` is found
// from the folder the command is given in.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import http from "node:http";
import path from "node:path";

const soap = createRequire(path.join(process.cwd(), "package.json"))("soap");
const [contracts, port = "8401", how] = process.argv.slice(2);

const CLINIC = "SE2321009991-9N01";
const CLINIC_NAME = "Nodmottagningen Viken";
const PERFORMERS = {
  "SE2321009991-9N11": { firstName: "Vera", lastName: "Vik", title: "Sjuksköterska" },
  "SE2321009991-9N12": { firstName: "Nils", lastName: "Nod", title: "Läkare" },
};
// Of a visit one may have one at a time; a check-up can be moved by telephone only.
const KINDS = {
  BESOK: { name: "Besök", hours: [9, 10], most: 1, movable: true },
  KONTROLL: { name: "Kontroll", hours: [13, 14], most: 3, movable: false },
};
const LAST_HOURS = 24; // later than this before the time one has to ring

// -- Moments: Swedish time, written as the contracts write it, so that they compare as texts

const CLOCK = new Intl.DateTimeFormat("sv-SE", { timeZone: "Europe/Stockholm", dateStyle: "short", timeStyle: "medium" });
const moment = (hoursAhead = 0) => CLOCK.format(Date.now() + hoursAhead * 3_600_000).replace(/\D/g, "");

function isDay(text) {
  if (!/^\d{8}$/.test(text ?? "")) return false;
  const iso = text.replace(/(\d{4})(\d\d)(\d\d)/, "$1-$2-$3");
  const day = new Date(`${iso}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(iso);
}

// -- The clinic

const bookings = new Map();
let lastNumber = 1000;

function allTimes() {
  const times = [];
  for (let ahead = 1; ahead <= 36; ahead++) {
    const day = new Date(Date.now() + ahead * 86_400_000);
    if (day.getUTCDay() % 6 === 0) continue;
    const date = day.toISOString().slice(0, 10).replaceAll("-", "");
    for (const [kind, { hours }] of Object.entries(KINDS))
      for (const hour of hours)
        for (const performer of Object.keys(PERFORMERS))
          for (const [from, to] of [["0000", "3000"], ["3000", "0000"]]) {
            const two = (number) => String(number).padStart(2, "0");
            const end = `${date}${two(to === "0000" ? hour + 1 : hour)}${to}`;
            times.push({ kind, performer, start: `${date}${two(hour)}${from}`, end });
          }
  }
  return times;
}
const TIMES = allTimes();

const isTaken = (time) => [...bookings.values()].some((one) => one.time === time);
const freeTimes = () => TIMES.filter((time) => time.start > moment() && !isTaken(time));
const mayChange = (time) => time.start > moment(LAST_HOURS);

class Refusal extends Error {}

function bookingOf(id, caller) {
  const booking = bookings.get(id);
  if (!booking || !(caller.isAgent || caller.id === booking.person))
    throw new Refusal("Bokningen finns inte. Den kan redan vara avbokad.");
  return booking;
}

function wantedTime(slot) {
  const found = freeTimes().find(
    (time) =>
      time.start === slot.startTimeInclusive &&
      time.end === slot.endTimeExclusive &&
      (!slot.performer || time.performer.toUpperCase() === slot.performer.toUpperCase()) &&
      (!slot.timeTypeID || time.kind === slot.timeTypeID),
  );
  if (!found) throw new Refusal("Tiden är tyvärr inte ledig längre.");
  return found;
}

// -- What is said of a time

const isHere = (id) => (id ?? "").toUpperCase() === CLINIC.toUpperCase();

function performerName(id) {
  const { title, firstName, lastName } = PERFORMERS[id];
  return `${title} ${firstName} ${lastName}`;
}

function timeslot(time, booking) {
  return {
    startTimeInclusive: time.start,
    endTimeExclusive: time.end,
    healthcare_facility: CLINIC,
    performer: time.performer,
    ...(booking && { bookingId: booking.id, subject_of_care: booking.person }),
    ...(booking?.reason && { reason: booking.reason }),
    healthcare_facility_name: CLINIC_NAME,
    performerName: performerName(time.performer),
    timeTypeName: KINDS[time.kind].name,
    timeTypeID: time.kind,
    cancel_booking_allowed: mayChange(time),
    rebooking_allowed: KINDS[time.kind].movable && mayChange(time),
    message_allowed: false,
  };
}

// -- The interactions. `ask` is the request, `caller` who acts

const list = (value) => (value === undefined || value === null ? [] : [value].flat());

function fault(code, text) {
  return { Fault: { faultcode: `soap:${code}`, faultstring: text, statusCode: 500 } };
}

function found(ask, caller) {
  const [first, last] = [ask.startDateInclusive, ask.endDateInclusive];
  if (!isDay(first) || !isDay(last)) throw fault("Client", "startDateInclusive and endDateInclusive must be days.");
  if (!isHere(ask.healthcare_facility)) return [];
  const wished = list(ask.performer).map((one) => one.toUpperCase());
  let kind = ask.timeTypeID;
  if (ask.bookingId) {
    const booking = bookings.get(ask.bookingId);
    if (!booking || !(caller.isAgent || caller.id === booking.person)) return [];
    kind = booking.time.kind;
    if (!KINDS[kind].movable) return [];
  }
  return freeTimes().filter(
    (time) =>
      time.start.slice(0, 8) >= first &&
      time.start.slice(0, 8) <= last &&
      (!wished.length || wished.includes(time.performer.toUpperCase())) &&
      (!kind || time.kind === kind) &&
      (!ask.timeTypeName || KINDS[time.kind].name === ask.timeTypeName),
  );
}

function updating(work) {
  return (ask, caller) => {
    try {
      return work(ask, caller);
    } catch (error) {
      if (error instanceof Refusal) return { resultCode: "ERROR", resultText: error.message };
      throw error;
    }
  };
}

const ANSWERED = {
  GetAllTimeTypes(ask) {
    if (!isHere(ask.healthcare_facility)) return {};
    return { ListOfTimeTypes: Object.entries(KINDS).map(([id, { name }]) => ({ timeTypeName: name, timeTypeId: id })) };
  },

  GetAllPerformers(ask) {
    if (!isHere(ask.healthcare_facility)) return {};
    const wished = list(ask.timeTypeIDs);
    if (wished.length && !wished.some((id) => id in KINDS)) return {};
    return { performerInfos: Object.entries(PERFORMERS).map(([id, one]) => ({ perfomer: id, ...one })) };
  },

  GetAvailableDates(ask, caller) {
    const days = new Map();
    for (const { start, performer, kind } of found(ask, caller))
      days.set(`${start.slice(0, 8)} ${performer} ${kind}`, {
        healthcare_facility: CLINIC,
        performer,
        date: start.slice(0, 8),
        timeTypeName: KINDS[kind].name,
        timeTypeID: kind,
      });
    return { performerAvailabilityByDate: [...days.values()] };
  },

  GetAvailableTimeslots: (ask, caller) => ({ timeslotDetail: found(ask, caller).map((time) => timeslot(time)) }),

  GetSubjectOfCareSchedule(ask, caller) {
    const person = ask.subject_of_care;
    if (caller.isAgent || caller.id !== person || !isHere(ask.healthcare_facility)) return {};
    const mine = [...bookings.values()].filter((one) => one.person === person);
    return { timeslotDetail: mine.map((one) => timeslot(one.time, one)) };
  },

  GetBookingDetails(ask, caller) {
    const booking = bookings.get(ask.bookingId);
    if (!booking || !isHere(ask.healthcare_facility) || caller.isAgent || caller.id !== booking.person)
      throw fault("Client", "There is no such booking.");
    return { timeslotDetail: timeslot(booking.time, booking) };
  },

  MakeBooking: updating((ask, caller) => {
    const slot = ask.requestedTimeslot;
    const person = slot.subject_of_care;
    const { firstName, lastName } = ask.subject_of_care_info ?? {};
    if (!firstName || !lastName) throw fault("Client", "subject_of_care_info must have firstName and lastName.");
    if (!isHere(slot.healthcare_facility) || !(caller.isAgent || caller.id === person))
      throw new Refusal("Tiden kan inte bokas för den personen.");
    const time = wantedTime(slot);
    const { most } = KINDS[time.kind];
    const had = [...bookings.values()].filter((one) => one.person === person && one.time.kind === time.kind);
    if (had.length >= most) throw new Refusal("Du har redan så många tider av det slaget som man kan ha.");
    const id = `N${++lastNumber}`;
    bookings.set(id, { id, person, time, reason: slot.reason });
    return { bookingId: id, resultCode: "OK" };
  }),

  UpdateBooking: updating((ask, caller) => {
    const slot = ask.requestedTimeslot;
    const booking = bookingOf(slot.bookingId, caller);
    if (!isHere(slot.healthcare_facility)) throw new Refusal("Tiden kan bara flyttas inom mottagningen.");
    if (!KINDS[booking.time.kind].movable || !mayChange(booking.time))
      throw new Refusal("Tiden kan inte ombokas här. Ring mottagningen.");
    const time = wantedTime(slot);
    if (time.kind !== booking.time.kind) throw new Refusal("Välj en tid av samma slag.");
    booking.time = time;
    return { resultCode: "OK" };
  }),

  CancelBooking: updating((ask, caller) => {
    if (!isHere(ask.healthcare_facility)) throw new Refusal("Bokningen finns inte på den här mottagningen.");
    const booking = bookingOf(ask.bookingId, caller);
    if (!mayChange(booking.time)) throw new Refusal("Det är för sent att avboka här. Ring mottagningen.");
    bookings.delete(booking.id);
    return { resultCode: "OK" };
  }),
};

// -- SOAP

function callerOf(headers) {
  const actor = headers?.Actor ?? {};
  return { id: actor.actorId ?? "", isAgent: actor.actorType === "subject_of_care_agent" };
}

// soap takes a message's first part for its body. The official WSDLs put the parts of the header first, and say which
// part is the body in the binding: go on to the last part, which is that one. And it writes answers without looking at
// the schema, so that all elements end up in one namespace: tell it the type.
function mend(wsdl, interaction) {
  const { messages, bindings } = wsdl.definitions;
  const message = messages[`${interaction}Request`];
  while (message.children?.length) message.postProcess(wsdl.definitions);
  const [{ methods, topElements }] = Object.values(bindings);
  const { output } = methods[interaction];
  methods[interaction].input = message.element;
  topElements[interaction] = { methodName: interaction, outputName: output.$name };
  if (how === "unmended") return;
  const write = wsdl.objectToDocumentXML.bind(wsdl);
  wsdl.objectToDocumentXML = (name, value, prefix, namespace) =>
    write(name, value, prefix, namespace, name === output.$name ? output.$type || output.$lookupType : undefined);
}

const server = http.createServer((request, response) => response.writeHead(404).end());
for (const [interaction, work] of Object.entries(ANSWERED)) {
  const folder = path.resolve(contracts, "interactions", `${interaction}Interaction`);
  const file = path.join(folder, `${interaction}Interaction_1.1_RIVTABP21.wsdl`);
  const operation = (ask, callback, headers) => work(ask ?? {}, callerOf(headers));
  const services = { [`${interaction}ResponderService`]: { [`${interaction}ResponderPort`]: { [interaction]: operation } } };
  await new Promise((ready) => {
    const made = soap.listen(server, {
      path: `/${interaction}/1/rivtabp21`,
      services,
      xml: readFileSync(file, "utf-8"),
      uri: file,
      suppressStack: true,
      callback: () => (mend(made.wsdl, interaction), ready()),
    });
  });
}
server.listen(Number(port), "127.0.0.1", () => console.log(`The clinic answers at http://127.0.0.1:${server.address().port}`));
