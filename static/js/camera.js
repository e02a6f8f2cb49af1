/** Photos are taken on the page itself: they go into the form's file field and never among the device's own pictures.
    Without a camera, or where it is not allowed, the field stays as it is. */
export function takePhotos() {
  const area = document.querySelector("[data-camera]");
  if (!area || !navigator.mediaDevices?.getUserMedia) return;
  const field = document.getElementById(area.dataset.camera);
  const plain = field.closest(".field");
  const dialog = area.querySelector("dialog");
  const video = area.querySelector("video");
  const status = area.querySelector("[role=status]");
  const clear = area.querySelector("[data-camera-clear]");
  let taken = new DataTransfer();
  area.hidden = false;
  plain.hidden = true;

  const show = () => {
    field.files = taken.files;
    status.textContent = taken.files.length ? area.dataset.taken.replace("{number}", taken.files.length) : "";
    clear.hidden = !taken.files.length;
  };

  area.querySelector("[data-camera-open]").addEventListener("click", async () => {
    try {
      const wanted = { facingMode: "environment", width: { ideal: 2560 }, height: { ideal: 1920 } };
      video.srcObject = await navigator.mediaDevices.getUserMedia({ video: wanted });
      dialog.showModal();
      await video.play();
    } catch {
      area.hidden = true;
      plain.hidden = false;
      field.focus();
    }
  });

  area.querySelector("[data-camera-take]").addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [video.videoWidth, video.videoHeight];
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      taken.items.add(new File([blob], `photo-${taken.files.length + 1}.jpg`, { type: "image/jpeg" }));
      show();
      dialog.close();
    }, "image/jpeg", 0.92);
  });

  area.querySelector("[data-camera-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => {
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
  });
  clear.addEventListener("click", () => {
    taken = new DataTransfer();
    show();
  });
}
