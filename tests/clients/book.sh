#!/usr/bin/env bash
# Books, sees and cancels a time by curl: book.sh URL FOLDER PERSON [CLINIC]
# URL is the gateway's over HTTPS, FOLDER what `tidbro pki demo` made, PERSON whom the time is for.
set -euo pipefail
url=$1 folder=$2 who=$3 clinic=${4:-SE2321009991-2B02}

call() { curl --silent --show-error --fail-with-body --cacert "$folder/ca.pem" \
  --cert "$folder/SE2321009991-ET01.pem" --key "$folder/SE2321009991-ET01.key" "$@"; }

texts() { grep -o "<[^/>]*$1>[^<]*" | cut -d '>' -f 2; } # texts ELEMENT: its values, one a line

# ask INTERACTION, with the elements of the question on stdin: address and action are the WSDL's own.
ask() {
  local wsdl address action question
  question=$(cat)
  wsdl=$(call "$url/vp/crm/scheduling/$1/1/rivtabp21?wsdl")
  address=$(grep -o 'address[^>]*location="[^"]*"' <<<"$wsdl" | cut -d '"' -f 2)
  action=$(grep -o 'soapAction="[^"]*"' <<<"$wsdl" | head -n 1 | cut -d '"' -f 2)
  call "$address" -H 'Content-Type: text/xml; charset=UTF-8' -H "SOAPAction: \"$action\"" --data-binary @- <<XML
<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/">
  <e:Header>
    <LogicalAddress xmlns="urn:riv:itintegration:registry:1">$clinic</LogicalAddress>
    <Actor xmlns="urn:riv:interoperability:headers:1">
      <actorId>$who</actorId><actorType>subject_of_care</actorType>
    </Actor>
  </e:Header>
  <e:Body>
    <$1 xmlns="urn:riv:crm:scheduling:$1Responder:1" xmlns:x="urn:riv:crm:scheduling:$1Responder:1.1"
        xmlns:c="urn:riv:crm:scheduling:1" xmlns:cx="urn:riv:crm:scheduling:1.1">
      $question
    </$1>
  </e:Body>
</e:Envelope>
XML
}

first=$(date -d '+7 days' +%Y%m%d) last=$(date -d '+21 days' +%Y%m%d)
times=$(ask GetAvailableTimeslots <<XML
<healthcare_facility>$clinic</healthcare_facility>
<startDateInclusive>$first</startDateInclusive>
<endDateInclusive>$last</endDateInclusive>
<timeTypeID>PROV10</timeTypeID>
<x:subject_of_care>$who</x:subject_of_care>
XML
)
answer=$(ask MakeBooking <<XML
<healthcare_facility_med>$clinic</healthcare_facility_med>
<requestedTimeslot>
  <c:startTimeInclusive>$(texts startTimeInclusive <<<"$times" | head -n 1)</c:startTimeInclusive>
  <c:endTimeExclusive>$(texts endTimeExclusive <<<"$times" | head -n 1)</c:endTimeExclusive>
  <c:healthcare_facility>$clinic</c:healthcare_facility>
  <c:bookingId>$(texts bookingId <<<"$times" | head -n 1)</c:bookingId>
  <c:subject_of_care>$who</c:subject_of_care>
  <c:timeTypeID>PROV10</c:timeTypeID>
</requestedTimeslot>
<subject_of_care_info>
  <cx:firstName>Dan</cx:firstName><cx:lastName>Tävling</cx:lastName>
</subject_of_care_info>
XML
)
booking=$(texts bookingId <<<"$answer" | head -n 1)
echo "MakeBooking $(texts resultCode <<<"$answer") $booking"

mine="<healthcare_facility>$clinic</healthcare_facility><bookingId>$booking</bookingId>"
echo "GetBookingDetails $(ask GetBookingDetails <<<"$mine" | texts bookingId | head -n 1)"
echo "CancelBooking $(ask CancelBooking <<<"$mine" | texts resultCode)"
